import type { GeneratedToken, Generation } from "@bayling/core";
import type { GenerationTimes } from "../generation-stopwatch.ts";

/** What is known when a completion has ended. */
export interface Completion {
  readonly prompt: string;
  readonly text: string;
  readonly generation: Generation;
  readonly times: GenerationTimes;
  readonly loadSeconds: number;
  /** With which it can be repeated; absent where nothing was drawn. */
  readonly seed: number | undefined;
}

/** A way to show a completion. */
export interface CompletionOutput {
  begin(prompt: string): Promise<void>;
  token(token: GeneratedToken): Promise<void>;
  end(completion: Completion): Promise<void>;
  /** It was interrupted, or failed. */
  abandon(): Promise<void>;
}
