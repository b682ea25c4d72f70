import { BayLingError } from "../errors.ts";
import type { Sequence } from "./sequence.ts";

/** What makes sequences: a model. */
export interface SequenceMaker {
  createSequence(options: { readonly evictable: boolean }): Promise<Sequence>;
}

/**
 * The sequence of one dialogue, made when it is first needed: what it holds is there for the next turn. Where room is
 * needed for others and it is idle, it makes way, and the next turn begins with an empty one. Where the backend has no room
 * for one more at all, there is none, and the model takes one that it has to spare.
 */
export class OwnSequence {
  readonly #maker: SequenceMaker;
  #sequence: Promise<Sequence | undefined> | undefined;
  #disposed = false;

  constructor(maker: SequenceMaker) {
    this.#maker = maker;
  }

  /** @throws BayLingError `out-of-memory`, `disposed` */
  async take(): Promise<Sequence | undefined> {
    const known = await this.#sequence;
    if (this.#disposed) throw new BayLingError("disposed", { problem: "the session of the sequence is disposed" });
    if (known?.disposed === true) this.#sequence = undefined;
    this.#sequence ??= this.#maker.createSequence({ evictable: true }).catch((error: unknown) => {
      this.#sequence = undefined;
      if (BayLingError.isInstance(error) && error.code === "sequence-limit") return undefined;
      throw error;
    });
    return this.#sequence;
  }

  /** One with the same content. */
  async fork(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<OwnSequence> {
    const fork = new OwnSequence(this.#maker);
    const sequence = await this.#sequence;
    if (sequence !== undefined && !sequence.disposed) fork.#sequence = Promise.resolve(await sequence.fork(options));
    return fork;
  }

  /** Frees it as soon as nothing runs on it any more. May be called twice. */
  dispose(): void {
    this.#disposed = true;
    this.#sequence?.then(
      (sequence) => sequence?.disposeWhenIdle(),
      () => {},
    );
    this.#sequence = undefined;
  }
}
