/**
 * The page that `check-browser.mjs` opens. What it can be asked to do hangs on `globalThis.page`; everything given and
 * returned is JSON.
 */
import { loadModel } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { readmes } from "./readmes.mjs";

/** A source by name: the file that was chosen by hand, or else a URL. */
const sourceOf = (name) => (name === "file" ? document.querySelector("input").files[0] : name);

/** What a promise is rejected with. */
const failureOf = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

globalThis.page = {
  /** What a README's code writes, on this thread. */
  write: (backend, name) => readmes[backend](sourceOf(name)),

  /** What a README's code writes in a worker. */
  writeInWorker(backend, name) {
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { text, error } }) =>
        error === undefined ? resolve(text) : reject(new Error(error));
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ backend, source: sourceOf(name) });
    }).finally(() => worker.terminate());
  },

  /** Begins to load what never arrives, stops waiting, and says whether loading ended with the given reason. */
  async abortLoading(url) {
    const controller = new AbortController();
    const reason = new Error("enough");
    const failure = failureOf(
      loadModel(url, {
        backend: cpu(),
        signal: controller.signal,
        onProgress: () => setTimeout(() => controller.abort(reason), 50),
      }),
    );
    setTimeout(() => controller.abort(reason), 1000);
    return (await failure) === reason;
  },

  /**
   * Generates on this thread while a timer runs every 10 ms, then again with a timer that stops it at the third tick.
   * Says how often the first timer ran, and whether the second one could stop the generation.
   */
  async generateWithTimer(name, maxTokens) {
    const model = await loadModel(sourceOf(name), { backend: cpu() });
    const options = { maxTokens, ignoreEnd: true };
    const controller = new AbortController();
    const reason = new Error("enough");
    let ticks = 0;
    let timer = setInterval(() => ticks++, 10);
    try {
      const began = performance.now();
      const text = await model.generate("Once", options).text();
      const milliseconds = Math.round(performance.now() - began);
      clearInterval(timer);
      let left = 3;
      timer = setInterval(() => {
        left--;
        if (left === 0) controller.abort(reason);
      }, 10);
      const failure = await failureOf(model.generate("Once", { ...options, signal: controller.signal }).text());
      return { text, milliseconds, ticks, stopped: failure === reason };
    } finally {
      clearInterval(timer);
      await model.dispose();
    }
  },
};
