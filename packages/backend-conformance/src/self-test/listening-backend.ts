import type { Backend, BackendModel } from "@bayling/core/backend";

/** Looks at the signal once, when it is called, and then waits for its event. */
export function listeningBackend(backend: Backend): Backend {
  return {
    ...backend,
    async doLoad(model, options): Promise<BackendModel> {
      const whole = await backend.doLoad(model, options);
      return {
        capabilities: whole.capabilities,
        doCreateSequence: () => whole.doCreateSequence(),
        async doEvaluate(batch, { signal }) {
          signal?.throwIfAborted();
          const controller = new AbortController();
          signal?.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
          return whole.doEvaluate(batch, { signal: controller.signal });
        },
        dispose: () => whole.dispose(),
      };
    },
  };
}
