import type { GenerationUsage } from "@bayling/core";

/** What endpoints tell of a request; all of it optional. */
export interface RequestNotes {
  /** The id of the model that answered. */
  model?: string;
  usage?: GenerationUsage;
  /** The code of the problem that ended it, also in the middle of a stream. */
  problem?: string;
  /** What the server failed of, where it did. */
  cause?: unknown;
  /** Of a stream: settles when it ends, and never rejects. Without it the answer is done when its head is. */
  finished?: Promise<void>;
}

/** A request that was answered, for a log. No texts, and no paths as they were written. */
export interface RequestReport {
  readonly id: string;
  readonly method: string;
  /** As it is declared: `/v1/models/{id}`; `other` for paths that there are not. */
  readonly route: string;
  readonly status: number;
  /** Until the end of the answer. */
  readonly seconds: number;
  /** The number of a key, or an address. */
  readonly client: string;
  readonly model: string | undefined;
  readonly usage: GenerationUsage | undefined;
  readonly problem: string | undefined;
  /** What the server failed of, with status 500: for whoever runs it, not for the client. */
  readonly cause: unknown;
}
