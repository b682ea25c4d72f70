import { BayLingError } from "../errors.ts";
import type { Sequence } from "./sequence.ts";

/**
 * The sequence of one dialogue, made when it is first needed: what it holds is there for the next turn, whatever others
 * do. Where the backend has no room for one more, there is none, and the model takes one that it has to spare.
 */
export class OwnSequence {
  readonly #host: { createSequence(): Promise<Sequence> };
  #sequence: Promise<Sequence | undefined> | undefined;

  constructor(host: { createSequence(): Promise<Sequence> }) {
    this.#host = host;
  }

  /** @throws BayLingError `out-of-memory`, `disposed` */
  take(): Promise<Sequence | undefined> {
    this.#sequence ??= this.#host.createSequence().catch((error: unknown) => {
      this.#sequence = undefined;
      if (BayLingError.isInstance(error) && error.code === "sequence-limit") return undefined;
      throw error;
    });
    return this.#sequence;
  }

  /** One with the same content. */
  async fork(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<OwnSequence> {
    const fork = new OwnSequence(this.#host);
    const sequence = await this.#sequence;
    if (sequence !== undefined && !sequence.disposed) fork.#sequence = Promise.resolve(await sequence.fork(options));
    return fork;
  }

  dispose(): void {
    this.#sequence?.then(
      (sequence) => sequence?.dispose(),
      () => {},
    );
    this.#sequence = undefined;
  }
}
