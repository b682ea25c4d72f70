import type { Admission } from "./admission.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { ServedModels } from "./models.ts";

/** What all endpoints of a server share. */
export interface ServerContext {
  readonly models: ServedModels;
  readonly admission: Admission;
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** Whether requests need a key. */
  readonly guarded: boolean;
  /** Calls it when the server has stopped and nothing runs any more: what was kept for clients is freed there. */
  onStop(dispose: () => void | Promise<void>): void;
}
