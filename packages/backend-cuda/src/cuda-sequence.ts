import type { BackendSequence } from "@bayling/core/backend";
import { disposed } from "./cuda-errors.ts";

/** What a sequence asks of the model that it belongs to. */
export interface SequenceOwner {
  truncate(sequence: CudaSequence): void;
  fork(sequence: CudaSequence): Promise<CudaSequence>;
  release(sequence: CudaSequence): void;
}

/** One sequence of tokens in the KV cache that all sequences of a model share. */
export class CudaSequence implements BackendSequence {
  readonly #owner: SequenceOwner;
  /** llama.cpp's number for it. */
  readonly id: number;
  #position = 0;
  #disposed = false;

  constructor(owner: SequenceOwner, id: number, position: number) {
    this.#owner = owner;
    this.id = id;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Counts `tokens` more positions as evaluated. */
  advance(tokens: number): void {
    this.#position += tokens;
  }

  doTruncate(position: number): void {
    this.check();
    this.#position = position;
    this.#owner.truncate(this);
  }

  async doFork(): Promise<BackendSequence> {
    this.check();
    return this.#owner.fork(this);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#owner.release(this);
  }

  /** @throws BayLingError `disposed` */
  check(): void {
    if (this.#disposed) throw disposed("sequence");
  }
}
