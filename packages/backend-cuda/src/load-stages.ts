import type { LoadedModel, LoadProgress } from "@bayling/core/backend";

/** Joins the progress of two stages, writing the model for llama.cpp (which may not be needed) and loading it, into one. */
export class LoadStages {
  readonly #weightBytes: number;
  readonly #onProgress: (progress: LoadProgress) => void;
  #stages = 1;

  constructor({ graph, weights }: LoadedModel, onProgress: (progress: LoadProgress) => void) {
    this.#weightBytes = graph.weights.reduce((sum, { name }) => sum + weights.get(name).byteLength, 0);
    this.#onProgress = onProgress;
  }

  written(bytes: number, totalBytes: number): void {
    // Nothing had to be written: this is no stage of its own.
    if (this.#stages === 1 && bytes === totalBytes) return;
    this.#stages = 2;
    this.#report(totalBytes === 0 ? 0 : bytes / totalBytes);
  }

  /** @param fraction from 0 to 1 */
  loaded(fraction: number): void {
    this.#report(this.#stages - 1 + fraction);
  }

  #report(stages: number): void {
    const totalBytes = this.#stages * this.#weightBytes;
    this.#onProgress({ loadedBytes: Math.min(totalBytes, Math.round(stages * this.#weightBytes)), totalBytes });
  }
}
