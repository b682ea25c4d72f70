/** What the program says to the shell. The help of every command lists them. */
export const exitCodes = {
  ok: 0,
  /** The work could not be done: a file that is no model, a context that is full. */
  failure: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** Ctrl+C: 128 + the number of SIGINT, as shells count. */
  interrupted: 130,
} as const;

/** A command line that makes no sense. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Parts of the work could not be done; the others are. */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  /** Where, and why. */
  readonly parts: readonly { readonly place: string; readonly reason: string }[];

  constructor(message: string, parts: PartialFailure["parts"]) {
    super(message);
    this.parts = parts;
  }
}

/** The reason of signals after Ctrl+C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** The reason of signals after the reader of the output went away (`bayling … | head`). */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}
