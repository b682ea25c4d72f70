import { afterEach, describe, expect, it } from "vitest";
import { cpu } from "../cpu/cpu-backend.ts";
import { BayLingError } from "../errors.ts";
import { createTranslator } from "../interaction/translator.ts";
import { loadModel } from "../load-model.ts";
import type { Model } from "../model.ts";
import { expectError } from "../testing/expect-error.ts";
import { limitedBackend } from "../testing/limited-backend.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { createTranslatorClass, type TranslatorClass, type TranslatorInstance } from "./index.ts";
import type * as idl from "./testing/translator-idl.ts";

const contextLength = 2048;
const settings = { profile: "chat", template: "bayling", decoding: { maxTokens: 6 } } as const;
const languages = { sourceLanguage: "en", targetLanguage: "de" };
const text = "  The cat. The b!\n\nA cat sat.\n";

function tinyFile(): Promise<Blob> {
  return tinyGguf((metadata) => metadata.set("llama.context_length", { type: "uint32", value: contextLength }));
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A class over a file, which counts how many models are there. */
async function open(options: object = {}) {
  const counts = { loads: 0, alive: 0 };
  const backend = cpu();
  const counting = {
    ...backend,
    async doLoad(...given: Parameters<typeof backend.doLoad>) {
      const model = await backend.doLoad(...given);
      counts.loads++;
      counts.alive++;
      return {
        capabilities: model.capabilities,
        doCreateSequence: () => model.doCreateSequence(),
        doEvaluate: (...batch: Parameters<typeof model.doEvaluate>) => model.doEvaluate(...batch),
        dispose: () => {
          counts.alive--;
          return model.dispose();
        },
      };
    },
  };
  const Translator = createTranslatorClass({
    source: await tinyFile(),
    backend: counting,
    contextLength,
    ...settings,
    ...options,
  });
  return { Translator, counts };
}

async function create(Translator: TranslatorClass, options: object = {}): Promise<TranslatorInstance> {
  const translator = await Translator.create({ ...languages, ...options });
  cleanups.push(() => translator.destroy());
  return translator;
}

async function openModel(backend = cpu()): Promise<Model> {
  const model = await loadModel(await tinyFile(), { backend, contextLength });
  cleanups.push(() => model.dispose());
  return model;
}

interface Server {
  readonly url: string;
  requests: number;
  /** What every answer waits for. */
  gate: Promise<unknown>;
}

/** Serves the bytes of a file as `model.gguf`. */
async function serve(file: Blob): Promise<Server> {
  const http = await import("node:http");
  const bytes = Buffer.from(await file.arrayBuffer());
  const server = http.createServer(async (request, response) => {
    state.requests++;
    await state.gate;
    if (request.url !== "/model.gguf") return response.writeHead(404).end();
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    if (first === undefined) return response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    const part = bytes.subarray(Number(first), Number(last) + 1);
    response.writeHead(206, { "content-range": `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}` });
    return response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const state: Server = { url: `http://127.0.0.1:${port}/model.gguf`, requests: 0, gate: Promise.resolve() };
  return state;
}

async function rejection(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, but nothing was thrown");
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function read(stream: ReadableStream<string>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

describe("the class", () => {
  it("stands in for the browser's", async () => {
    const { Translator } = await open();
    // What a page writes, compiled: our class where the specification's is meant.
    const native: idl.TranslatorConstructor = Translator;
    const Either = (globalThis as { Translator?: idl.TranslatorConstructor }).Translator ?? native;
    const translator: idl.Translator = await Either.create(languages);
    cleanups.push(() => translator.destroy());
    expect(translator).toBeInstanceOf(Translator);
    expect(Object.prototype.toString.call(translator)).toBe("[object Translator]");
    const names = ["translate", "translateStreaming", "measureInputUsage", "destroy"] as const;
    for (const name of names) expect(translator[name]).toBeTypeOf("function");
    expect(Object.keys(translator)).toEqual([]);
    expect(() => new (Translator as unknown as new () => unknown)()).toThrow(new TypeError("Illegal constructor"));
    const { create: detached } = Translator;
    expect((await detached(languages)).targetLanguage).toBe("de");
  });

  it("names what is wrong with its options at once", async () => {
    const model = await openModel();
    for (const wrong of [
      undefined,
      null,
      { model: {} },
      { model, inputQuota: -1 },
      { model, inputQuota: Number.NaN },
      { model, languages: "en" },
    ]) {
      await expectError("argument-invalid", () => createTranslatorClass(wrong as never));
    }
    await expectError("language-unknown", () => createTranslatorClass({ model, languages: ["xx"] }));
  });
});

describe("languages", () => {
  it("are BCP 47 tags", async () => {
    const { Translator } = await open();
    for (const call of [Translator.availability, Translator.create]) {
      const ask = (options: unknown) => rejection(() => call(options as never));
      expect(await ask({ ...languages, sourceLanguage: "en_US" })).toBeInstanceOf(RangeError);
      expect(await ask({ ...languages, targetLanguage: "" })).toBeInstanceOf(RangeError);
      expect(await ask({ sourceLanguage: "en" })).toBeInstanceOf(TypeError);
      expect(await ask(undefined)).toBeInstanceOf(TypeError);
    }
  });

  it.each([
    ["en", "de", "en", "de"],
    ["EN-us", "DE-at", "en-US", "de-AT"],
    ["en", "zh", "en", "zh-Hans"],
    ["zh-TW", "en", "zh-Hant", "en"],
    ["zh-Hans", "zh-Hant", "zh-Hans", "zh-Hant"],
    ["en-x-lolcat", "de-u-co-phonebk", "en", "de"],
  ])("fit best: %s to %s is %s to %s", async (sourceLanguage, targetLanguage, source, target) => {
    const { Translator } = await open();
    expect(await Translator.availability({ sourceLanguage, targetLanguage })).toBe("available");
    const translator = await create(Translator, { sourceLanguage, targetLanguage });
    expect([translator.sourceLanguage, translator.targetLanguage]).toEqual([source, target]);
  });

  it("are those that the model was taught, or that the class is given", async () => {
    const { Translator } = await open({ profile: "bayling" });
    const ask = (sourceLanguage: string, targetLanguage: string) =>
      Translator.availability({ sourceLanguage, targetLanguage });
    expect(await ask("en-GB", "zh-CN")).toBe("available");
    for (const [source, target] of [
      ["en", "fr"],
      ["en", "zh-Hant"],
      ["qqq", "en"],
      ["und", "en"],
    ]) {
      expect(await ask(source!, target!)).toBe("unavailable");
      const error = await rejection(() => Translator.create({ sourceLanguage: source!, targetLanguage: target! }));
      expect(error).toMatchObject({ name: "NotSupportedError" });
      expect(error).toBeInstanceOf(DOMException);
    }
    expect((await create(Translator, { targetLanguage: "de-CH" })).targetLanguage).toBe("de");
    const given = await open({ languages: ["en", "fr"] });
    expect(await given.Translator.availability({ sourceLanguage: "en", targetLanguage: "fr-CA" })).toBe("available");
    expect(await given.Translator.availability(languages)).toBe("unavailable");
  });

  it("that nobody told of are known once the model is there", async () => {
    const { Translator, counts } = await open({ profile: undefined, template: undefined });
    // The file says nothing, so its template tells: as a model that completes texts it may know any language.
    expect(await Translator.availability({ sourceLanguage: "en", targetLanguage: "fr" })).toBe("available");
    const named = createTranslatorClass({
      source: await tinyGguf((metadata) => metadata.set("general.name", { type: "string", value: "BayLing-7B" })),
      backend: cpu(),
    });
    const error = await rejection(() => named.create({ sourceLanguage: "en", targetLanguage: "fr" }));
    expect(error).toMatchObject({ name: "NotSupportedError" });
    const translator = await create(named);
    expect(await named.availability({ sourceLanguage: "en", targetLanguage: "fr" })).toBe("unavailable");
    expect(await named.availability(languages)).toBe("available");
    translator.destroy();
    expect(counts.loads).toBe(0);
  });

  it("that differ in region only need no model", async () => {
    const { Translator, counts } = await open();
    const pair = { sourceLanguage: "en-US", targetLanguage: "en-GB" };
    expect(await Translator.availability(pair)).toBe("available");
    const loaded: number[] = [];
    const translator = await Translator.create({
      ...pair,
      monitor: (monitor) => monitor.addEventListener("downloadprogress", (event) => loaded.push(event.loaded)),
    });
    expect(await translator.translate(text)).toBe(text);
    expect((await read(translator.translateStreaming(text))).join("")).toBe(text);
    expect([translator.sourceLanguage, translator.targetLanguage]).toEqual(["en-US", "en-GB"]);
    expect(loaded).toEqual([0, 1]);
    expect(counts.loads).toBe(0);
    translator.destroy();
    expect(await rejection(() => translator.translate("a"))).toMatchObject({ name: "AbortError" });
  });
});

describe("translations", () => {
  it("are those of a document session", async () => {
    const { Translator } = await open();
    const translator = await create(Translator);
    const model = await openModel();
    const document = (await createTranslator(model, { from: "en", to: "de", ...settings })).openDocument(text);
    for await (const _step of document.translate());
    expect(document.text).not.toBe(text);
    expect(await translator.translate(text)).toBe(document.text);
    const stream = translator.translateStreaming(text);
    expect(stream).toBeInstanceOf(ReadableStream);
    const chunks = await read(stream);
    expect(chunks.join("")).toBe(document.text);
    expect(chunks).toHaveLength(3);
    document.dispose();
  });

  it.each(["zh", "de"])(
    "into %s are the same in one piece and in many, whatever the layout",
    async (targetLanguage) => {
      const { Translator } = await open({ decoding: { maxTokens: 3 } });
      const translator = await create(Translator, { targetLanguage });
      for (const source of ["a. b. c.", "\n\n a\n\n\n b \t c. d!\r\n", "a", "no end ".repeat(80), "a。b。\u2028c"]) {
        const whole = await translator.translate(source);
        expect((await read(translator.translateStreaming(source))).join("")).toBe(whole);
        expect(/^\s*/.exec(whole)![0]).toBe(/^\s*/.exec(source)![0]);
      }
    },
  );

  it("of what has no words are the text itself", async () => {
    const { Translator } = await open();
    const translator = await create(Translator);
    const controls = Array.from({ length: 0x1f }, (_, code) => String.fromCharCode(code));
    for (const nothing of ["", " ", "     ", " \r\n\t\f", "\u3000", "…", "👍", "*** — !?", ...controls]) {
      expect(await translator.translate(nothing)).toBe(nothing);
      expect((await read(translator.translateStreaming(nothing))).join("")).toBe(nothing);
    }
    expect(await translator.translate("a \ud800 b")).toBeTypeOf("string");
  });

  it("may be asked for many at once, over long texts and short ones", async () => {
    const { Translator, counts } = await open({ decoding: { maxTokens: 3, beams: 2 }, maxSequences: 2 });
    const [german, chinese] = await Promise.all([create(Translator), create(Translator, { targetLanguage: "zh" })]);
    const alone = await german!.translate("The cat 3. a.");
    const translations = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? chinese! : german!).translate(`The cat ${index}. a.`),
      ),
    );
    expect(translations[3]).toBe(alone);
    expect(counts.loads).toBe(1);
  });

  it("keep to the quota of the class", async () => {
    const { Translator } = await open();
    const free = await create(Translator);
    expect(free.inputQuota).toBe(Infinity);
    expect(await free.measureInputUsage("the cat")).toBe(0);
    const limited = await open({ inputQuota: 9 });
    const translator = await create(limited.Translator);
    expect(translator.inputQuota).toBe(9);
    expect(await translator.measureInputUsage("the cat")).toBe(8);
    expect(await translator.translate("the cat")).toBeTypeOf("string");
    const long = "the cat ".repeat(9);
    const requested = await translator.measureInputUsage(long);
    for (const action of [() => translator.translate(long), () => read(translator.translateStreaming(long))]) {
      const error = await rejection(action);
      expect(error).toBeInstanceOf(DOMException);
      expect(error).toMatchObject({ name: "QuotaExceededError", quota: 9, requested });
    }
  });

  it("that fail say why", async () => {
    let isBroken = false;
    const backend = limitedBackend({}, () => {
      if (isBroken) throw new BayLingError("backend-failed", { problem: "the device is gone" });
    });
    const model = await openModel(backend);
    const translator = await create(createTranslatorClass({ model, ...settings }));
    isBroken = true;
    for (const action of [() => translator.translate(text), () => read(translator.translateStreaming(text))]) {
      const error = await rejection(action);
      expect(error).toMatchObject({ name: "UnknownError", cause: { code: "backend-failed" } });
      expect(error).toBeInstanceOf(DOMException);
    }
    isBroken = false;
    expect(await translator.translate("a")).toBeTypeOf("string");
    await model.dispose();
    expect(await rejection(() => translator.translate("a"))).toMatchObject({ name: "InvalidStateError" });
  });

  it("want a text, and a signal that is one", async () => {
    const { Translator } = await open();
    const translator = await create(Translator);
    expect(await rejection(() => translator.translate(undefined as never))).toBeInstanceOf(TypeError);
    expect(await rejection(() => translator.translate("a", { signal: 1 as never }))).toBeInstanceOf(TypeError);
    expect(await rejection(() => translator.translateStreaming("a", 1 as never))).toBeInstanceOf(TypeError);
    expect(await translator.translate(12 as never, null as never)).toBeTypeOf("string");
  });
});

const methods: readonly [string, (translator: TranslatorInstance, signal?: AbortSignal) => Promise<unknown>][] = [
  ["translate", (translator, signal) => translator.translate(text, { signal })],
  ["translateStreaming", async (translator, signal) => read(translator.translateStreaming(text, { signal }))],
  ["measureInputUsage", (translator, signal) => translator.measureInputUsage(text, { signal })],
];

describe.each(methods)("%s ends", (_name, method) => {
  it("with the reason of its signal", async () => {
    const { Translator } = await open();
    const translator = await create(Translator);
    const controller = new AbortController();
    const pending = method(translator, controller.signal);
    controller.abort();
    await expect(pending).rejects.toMatchObject({ name: "AbortError" });
    await expect(method(translator, controller.signal)).rejects.toMatchObject({ name: "AbortError" });
    const reason = new Error("enough");
    const own = new AbortController();
    const second = method(translator, own.signal);
    own.abort(reason);
    expect(await rejection(() => second)).toBe(reason);
    expect(await rejection(() => method(translator, own.signal))).toBe(reason);
    await method(translator);
  });

  it("when the translator is destroyed", async () => {
    const { Translator, counts } = await open();
    const translator = await create(Translator);
    const pending = method(translator);
    translator.destroy();
    translator.destroy();
    await expect(pending).rejects.toMatchObject({ name: "AbortError" });
    await expect(method(translator)).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => counts.alive).toBe(0);
  });

  it("when the signal aborts with which the translator was created", async () => {
    const { Translator, counts } = await open();
    const controller = new AbortController();
    const translator = await create(Translator, { signal: controller.signal });
    const pending = method(translator);
    const reason = new Error("the page is left");
    controller.abort(reason);
    expect(await rejection(() => pending)).toBe(reason);
    expect(await rejection(() => method(translator))).toBe(reason);
    await expect.poll(() => counts.alive).toBe(0);
  });
});

describe("a stream", () => {
  it("ends at once when it is already over, and by itself when nobody reads", async () => {
    const { Translator } = await open();
    const translator = await create(Translator);
    const reason = new Error("enough");
    expect(() => translator.translateStreaming(text, { signal: AbortSignal.abort(reason) })).toThrow(reason);
    const reader = translator.translateStreaming(text).getReader();
    const closed = rejection(() => reader.closed);
    translator.destroy();
    expect(await closed).toMatchObject({ name: "AbortError" });
    expect(() => translator.translateStreaming(text)).toThrow(expect.objectContaining({ name: "AbortError" }));
  });

  it("computes no more than a sentence ahead, and nothing once it is cancelled", async () => {
    let batches = 0;
    const model = await openModel(limitedBackend({}, () => void batches++));
    const translator = await create(createTranslatorClass({ model, ...settings }));
    const long = "The cat sat. ".repeat(40);
    const reader = translator.translateStreaming(long).getReader();
    await reader.read();
    const before = batches;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(batches - before).toBeLessThan(20);
    await reader.cancel();
    expect(await translator.translate("a")).toBeTypeOf("string");
    const after = batches;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(batches).toBe(after);
  });
});

describe("the model", () => {
  it("is loaded with the first translator and disposed with the last", async () => {
    const { Translator, counts } = await open();
    expect(counts.loads).toBe(0);
    const [first, second] = await Promise.all([create(Translator), create(Translator, { targetLanguage: "fr" })]);
    expect(counts).toEqual({ loads: 1, alive: 1 });
    first!.destroy();
    first!.destroy();
    expect(await second!.translate("the cat")).toBeTypeOf("string");
    second!.destroy();
    const third = await create(Translator);
    expect(counts).toEqual({ loads: 2, alive: 1 });
    third.destroy();
    await expect.poll(() => counts.alive).toBe(0);
  });

  it("that is given stays its owner's", async () => {
    const model = await openModel();
    const Translator = createTranslatorClass({ model, ...settings });
    expect(await Translator.availability(languages)).toBe("available");
    (await create(Translator)).destroy();
    await create(Translator);
    expect((await model.generate("a", { maxTokens: 1 }).text()).length).toBeGreaterThanOrEqual(0);
  });

  it("from a network is downloadable, downloading, and available", async () => {
    const server = await serve(await tinyFile());
    const Translator = createTranslatorClass({ source: server.url, backend: cpu(), ...settings });
    const availability = () => Translator.availability(languages);
    expect(await availability()).toBe("downloadable");
    expect(server.requests).toBe(0);
    const { promise, resolve: letThrough } = withResolvers();
    server.gate = promise;
    const pending = create(Translator);
    await expect.poll(() => server.requests).toBeGreaterThan(0);
    expect(await availability()).toBe("downloading");
    letThrough();
    const translator = await pending;
    expect(await availability()).toBe("available");
    translator.destroy();
    expect(await availability()).toBe("downloadable");
  });

  it("that cannot be had gives the errors that pages know", async () => {
    const server = await serve(await tinyFile());
    const gone = createTranslatorClass({ source: server.url.replace("model", "other"), backend: cpu() });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await rejection(() => gone.create(languages))).toMatchObject({
        name: "NetworkError",
        cause: { code: "source-not-found" },
      });
      expect(await gone.availability(languages)).toBe("downloadable");
    }
    const broken = createTranslatorClass({ source: new Blob(["no model"]), backend: cpu() });
    expect(await rejection(() => broken.create(languages))).toMatchObject({ name: "OperationError" });
    const { Translator } = await open({ template: "chatml" });
    expect(await rejection(() => Translator.create(languages))).toMatchObject({
      name: "OperationError",
      cause: { code: "template-invalid" },
    });
  });

  it("is not loaded for those who went away", async () => {
    const server = await serve(await tinyFile());
    server.gate = new Promise(() => {});
    const Translator = createTranslatorClass({ source: server.url, backend: cpu(), ...settings });
    const reason = new Error("enough");
    expect(await rejection(() => create(Translator, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(server.requests).toBe(0);
    const [one, two] = [new AbortController(), new AbortController()];
    const pending = [one, two].map(({ signal }) => rejection(() => create(Translator, { signal })));
    await expect.poll(() => server.requests).toBeGreaterThan(0);
    one.abort(reason);
    expect(await pending[0]).toBe(reason);
    expect(await Translator.availability(languages)).toBe("downloading");
    two.abort();
    expect(await pending[1]).toMatchObject({ name: "AbortError" });
    expect(await Translator.availability(languages)).toBe("downloadable");
    server.gate = Promise.resolve();
    expect(await (await create(Translator)).translate("a")).toBeTypeOf("string");
  });
});

describe("a monitor", () => {
  it("hears of progress from 0 to 1, and nothing afterwards", async () => {
    const server = await serve(await tinyFile());
    for (const source of [server.url, await tinyFile()]) {
      const Translator = createTranslatorClass({ source, backend: cpu(), ...settings });
      for (const again of [false, true]) {
        const events: ProgressEvent[] = [];
        const handled: number[] = [];
        let isCreated = false;
        let isCalled = false;
        const pending = create(Translator, {
          monitor: (monitor: idl.CreateMonitor) => {
            isCalled = true;
            expect(monitor).toBeInstanceOf(EventTarget);
            monitor.addEventListener("downloadprogress", (event) => {
              expect(isCreated).toBe(false);
              events.push(event);
            });
            monitor.ondownloadprogress = () => handled.push(-1);
            monitor.ondownloadprogress = ({ loaded }) => handled.push(loaded);
          },
        });
        expect(isCalled).toBe(true);
        expect(events).toEqual([]);
        await pending;
        isCreated = true;
        const loaded = events.map((event) => event.loaded);
        expect([loaded[0], loaded.at(-1)]).toEqual([0, 1]);
        expect(loaded).toEqual([...new Set(loaded)].sort((a, b) => a - b));
        expect(handled).toEqual(loaded);
        if (again) expect(loaded).toEqual([0, 1]);
        for (const event of events) {
          expect(event).toMatchObject({ type: "downloadprogress", total: 1, lengthComputable: true });
          expect(event.loaded % (1 / 0x10000)).toBe(0);
        }
      }
    }
  });

  it.each([0, 1])("that aborts at %i hears no more", async (place) => {
    const { Translator, counts } = await open();
    const controller = new AbortController();
    const reason = new Error("enough");
    const loaded: number[] = [];
    const pending = create(Translator, {
      signal: controller.signal,
      monitor: (monitor: idl.CreateMonitor) =>
        monitor.addEventListener("downloadprogress", (event) => {
          loaded.push(event.loaded);
          if (event.loaded === place) controller.abort(reason);
        }),
    });
    expect(await rejection(() => pending)).toBe(reason);
    expect(loaded.at(-1)).toBe(place);
    await expect.poll(() => counts.alive).toBe(0);
  });

  it("that throws ends the creation", async () => {
    const { Translator, counts } = await open();
    const reason = new Error("no");
    const monitor = () => {
      throw reason;
    };
    expect(await rejection(() => create(Translator, { monitor }))).toBe(reason);
    expect(await rejection(() => create(Translator, { monitor: 1 }))).toBeInstanceOf(TypeError);
    expect(counts.loads).toBe(0);
  });
});
