import { BayLingError } from "../errors.ts";
import type { Generation } from "../generation/generation.ts";
import type { GeneratedToken } from "../generation/text-stream.ts";
import type { Version } from "./version.ts";

export interface TurnRun {
  /** @returns the generation, and the tokens of the reply that it was given to begin with */
  run(): Promise<{ readonly generation: Generation; readonly fed: readonly number[] }>;
  /** Called when it is over, however it ended. */
  settle(): void;
  finish(generation: Generation, tokens: readonly GeneratedToken[], fed: readonly number[]): Version;
}

/**
 * A reply in the making. Iterate it for its tokens as they come, or await {@link version} for the result. Nothing runs
 * before one of the two.
 */
export class Turn implements AsyncIterable<GeneratedToken> {
  readonly #turn: TurnRun;
  #version: Promise<Version> | undefined;
  #resolve: (version: Version) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  /** @internal Made by `session.apply()`. */
  constructor(turn: TurnRun) {
    this.#turn = turn;
  }

  /** @throws BayLingError `argument-invalid` the second time; as `model.generate` */
  [Symbol.asyncIterator](): AsyncGenerator<GeneratedToken, void, undefined> {
    if (this.#version !== undefined) {
      throw new BayLingError("argument-invalid", {
        problem: "a turn can be read once",
        remedy: "Keep what you read, or await version()",
      });
    }
    this.#version = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who iterates gets the error there.
    this.#version.catch(() => {});
    const reading = this.#read();
    const { return: end } = reading;
    // A generator that has not begun ends without its `finally`.
    reading.return = (value) => {
      this.#reject(notRead());
      return end.call(reading, value);
    };
    return reading;
  }

  /** The version that the turn made; reads it to its end where nobody does. @throws as the iteration */
  async version(): Promise<Version> {
    if (this.#version === undefined) {
      const tokens = this[Symbol.asyncIterator]();
      while ((await tokens.next()).done !== true);
    }
    return this.#version!;
  }

  async *#read(): AsyncGenerator<GeneratedToken, void, undefined> {
    const tokens: GeneratedToken[] = [];
    let running = false;
    try {
      const { generation, fed } = await this.#turn.run();
      running = true;
      for await (const token of generation) {
        tokens.push(token);
        yield token;
      }
      this.#resolve(this.#turn.finish(generation, tokens, fed));
    } catch (error) {
      this.#reject(error);
      throw error;
    } finally {
      if (running) this.#turn.settle();
      this.#reject(notRead());
    }
  }
}

function notRead(): BayLingError {
  return new BayLingError("argument-invalid", {
    problem: "the turn was not read to its end, so it made no version",
    remedy: "Read all of it",
  });
}
