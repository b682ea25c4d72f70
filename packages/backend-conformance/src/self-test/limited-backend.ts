import type { Backend, BackendModel, BackendSequence } from "@bayling/core/backend";

/** A right backend with the least that the contract allows: no capability, one sequence, one token a call. */
export function limitedBackend(backend: Backend): Backend {
  return {
    ...backend,
    async doLoad(model, options): Promise<BackendModel> {
      const whole = await backend.doLoad(model, { ...options, maxSequences: 1 });
      return {
        capabilities: {
          ...{ fork: false, deviceSampling: false, masks: false, top: false, embeddings: false },
          ...{ maxSequences: 1, maxBatchTokens: 1, contextLength: options.contextLength },
        },
        async doCreateSequence() {
          return withoutFork(await whole.doCreateSequence());
        },
        doEvaluate(batch, evaluation) {
          const items = batch.map((item) => ({ ...item, sequence: originals.get(item.sequence)! }));
          if (batch.length > 1 || items[0]!.tokens.length > 1) throw new Error("one token a call");
          return whole.doEvaluate(items, evaluation);
        },
        dispose: () => whole.dispose(),
      };
    },
  };
}

const originals = new WeakMap<BackendSequence, BackendSequence>();

function withoutFork(whole: BackendSequence): BackendSequence {
  const sequence: BackendSequence = {
    get position() {
      return whole.position;
    },
    doTruncate: (position) => whole.doTruncate(position),
    dispose: () => whole.dispose(),
  };
  originals.set(sequence, whole);
  return sequence;
}
