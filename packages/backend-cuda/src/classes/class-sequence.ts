import type { BackendSequence } from "@bayling/core/backend";
import { disposed } from "../cuda-errors.ts";
import type { SequenceSlot } from "./sequence-slot.ts";

/**
 * One sequence, as core counts it. What its slot holds can be more for a while, after a truncation or an abort, since
 * erasing is asynchronous there; the tokens are kept for when it holds less.
 */
export class ClassSequence implements BackendSequence {
  readonly slot: SequenceSlot;
  readonly #tokens: number[] = [];
  readonly #release: (sequence: ClassSequence) => void;
  #disposed = false;

  /** @param release called once, when the slot is free again */
  constructor(slot: SequenceSlot, release: (sequence: ClassSequence) => void) {
    this.slot = slot;
    this.#release = release;
  }

  get position(): number {
    return this.#tokens.length;
  }

  /** All tokens that were evaluated. */
  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /** Counts tokens as evaluated. */
  append(tokens: Uint32Array): void {
    for (const token of tokens) this.#tokens.push(token);
  }

  doTruncate(position: number): void {
    this.check();
    this.#tokens.length = position;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release(this);
  }

  /** @throws BayLingError `disposed` */
  check(): void {
    if (this.#disposed) throw disposed("sequence");
  }
}
