import type { Backend, BackendModel, Capabilities } from "../backend/backend.ts";
import { cpu } from "../cpu/cpu-backend.ts";

/** The CPU backend with fewer capabilities, and an ear at every batch. */
export function limitedBackend(
  limits: Partial<Capabilities>,
  onBatch: (...batch: Parameters<BackendModel["doEvaluate"]>) => void | Promise<void> = () => {},
): Backend {
  const whole = cpu();
  return {
    ...whole,
    async doLoad(model, options) {
      const loaded = await whole.doLoad(model, options);
      return {
        capabilities: { ...loaded.capabilities, ...limits },
        doCreateSequence: () => loaded.doCreateSequence(),
        async doEvaluate(batch, evaluateOptions) {
          await onBatch(batch, evaluateOptions);
          return loaded.doEvaluate(batch, evaluateOptions);
        },
        dispose: () => loaded.dispose(),
      };
    },
  };
}

/** Declares nothing: core has to emulate fork, masks, top and sampling. */
export const bareCapabilities: Partial<Capabilities> = {
  fork: false,
  deviceSampling: false,
  masks: false,
  top: false,
  embeddings: false,
};
