import { OwnSequence, type SequenceMaker } from "./own-sequence.ts";
import type { Sequence } from "./sequence.ts";

/** What a dialogue writes on. */
export interface DialogueSequence {
  /** Undefined where there is none to have at the moment: the model then takes one that it has to spare. */
  take(): Promise<Sequence | undefined>;
  /** Called when a turn is over, also where none was taken. */
  giveBack?(): void;
  dispose(): void;
}

/**
 * One sequence for many dialogues, lent to one of them at a time: whoever wants it meanwhile gets none. What a dialogue
 * finds on it may be another's.
 */
export class SharedSequence {
  readonly #own: OwnSequence;
  #borrower: DialogueSequence | undefined;

  constructor(maker: SequenceMaker) {
    this.#own = new OwnSequence(maker);
  }

  /** What one of the dialogues takes it by. */
  lend(): DialogueSequence {
    const loan: DialogueSequence = {
      take: async () => {
        if ((this.#borrower ?? loan) !== loan) return undefined;
        this.#borrower = loan;
        return this.#own.take();
      },
      giveBack: () => {
        if (this.#borrower === loan) this.#borrower = undefined;
      },
      // Others go on with it.
      dispose: () => {},
    };
    return loan;
  }

  /** Frees it as soon as nothing runs on it any more. May be called twice. */
  dispose(): void {
    this.#own.dispose();
  }
}
