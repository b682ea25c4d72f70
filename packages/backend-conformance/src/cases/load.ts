import { BayLingError, type LoadedModel, type LoadProgress, type WeightSource } from "@bayling/core/backend";
import type { BackendCase } from "../backend-context.ts";
import { expectAbort, expectEqual, expectThat, rejectionOf, show } from "../expect.ts";
import { tinyLlama } from "../tiny-llama/tiny-llama.ts";

/** The same model, but `before` runs before each read of its weights. */
function watched(model: LoadedModel, before: () => void): LoadedModel {
  const weights: WeightSource = {
    get: (name) => model.weights.get(name),
    read: async (...read) => {
      before();
      return model.weights.read(...read);
    },
  };
  return { ...model, weights };
}

export const loadCases: readonly BackendCase[] = [
  {
    name: "load/progress rises to the total",
    async run(context) {
      const seen: LoadProgress[] = [];
      await context.start({}, { onProgress: (progress) => seen.push({ ...progress }) });
      const last = seen.at(-1);
      expectThat(last !== undefined, "onProgress was never called");
      expectThat(last.totalBytes > 0, "totalBytes is not positive");
      expectEqual(last.loadedBytes, last.totalBytes, "loadedBytes of the last progress");
      for (const [index, progress] of seen.entries()) {
        expectEqual(progress.totalBytes, last.totalBytes, "totalBytes");
        const before = seen[index - 1]?.loadedBytes ?? 0;
        expectThat(progress.loadedBytes >= before, `loadedBytes fell from ${before} to ${progress.loadedBytes}`);
      }
    },
  },
  {
    name: "load/refuses an aborted signal",
    async run(context) {
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      await expectAbort(context.start({}, { signal }), signal, "doLoad");
    },
  },
  {
    name: "load/stops when aborted, and loads again",
    async run(context) {
      const { tiny } = await context.start();
      const controller = new AbortController();
      let reads = 0;
      const model = watched(tiny, () => {
        reads++;
        if (reads === 2) controller.abort(new Error("no longer wanted"));
      });
      await expectAbort(context.load(model, { signal: controller.signal }), controller.signal, "doLoad");
      const session = await context.start();
      await (await session.track()).check(session.tokens(5));
    },
  },
  {
    name: "load/passes on what a failing source says",
    async run(context) {
      const { tiny } = await context.start();
      const failure = new BayLingError("source-unreadable", { problem: "the disk is gone" });
      const model = watched(tiny, () => {
        throw failure;
      });
      const error = await rejectionOf(context.load(model), "doLoad");
      expectThat(BayLingError.isInstance(error), `doLoad rejected with ${show(error)}, which is no BayLingError`);
    },
  },
  {
    name: "load/two models at once",
    async run(context) {
      const first = await context.start({ seed: 1 });
      const second = await context.start({ seed: 2, config: { numHiddenLayers: 1, hiddenSize: 32 } });
      const [one, two] = [await first.track(), await second.track()];
      await one.check(first.tokens(4));
      await two.check(second.tokens(5));
      await one.check(first.tokens(3, 2));
      await context.dispose(second.model);
      await one.check(first.tokens(2, 3), "scores after the other model was disposed of");
    },
  },
  {
    name: "load/reads nothing that the graph does not name",
    async run(context) {
      const tiny = tinyLlama({ weightType: context.floatType() });
      const named = new Set(tiny.graph.weights.map(({ name }) => name));
      const read = new Set<string>();
      const weights: WeightSource = {
        get: (name) => tiny.weights.get(name),
        read: (name, ...rest) => {
          read.add(name);
          return tiny.weights.read(name, ...rest);
        },
      };
      await context.load({ ...tiny, weights });
      for (const name of read) expectThat(named.has(name), `doLoad read ${name}, which the graph does not name`);
    },
  },
];
