/**
 * A rule for what may be written: an automaton over the bytes of the text. Tokens, beams and masks are not its concern,
 * so that a rule cannot be got around by another tokenization. States are immutable values that beams share.
 */
export interface Constraint<State = unknown> {
  /** Names the rule in errors: `forbid "bank"`. */
  readonly name: string;
  /** The state before the first byte. */
  begin(): State;
  /** The state after one more byte; undefined where it may not come. */
  step(state: State, byte: number): State | undefined;
  /** Whether the text may end here. */
  mayEnd(state: State): boolean;
  /** Equal for states with equal futures. What is computed for a state is remembered by it. */
  key(state: State): string | number;
  /**
   * The least number of bytes that have to be written before the text may end; Infinity when nothing helps. Known from
   * the beginning, it tells whether a request can be met at all.
   */
  bytesToEnd(state: State): number;
}

/**
 * A rule that asks for something: terms, tags. Decoding leads to it instead of waiting for it: a beam search keeps room
 * for texts by how much of it they have.
 */
export interface Requirement<State = unknown> extends Constraint<State> {
  /** Bytes of all that is required, in its longest form. */
  readonly requiredBytes: number;
  /** How many of them have been written; falls back when a form that was begun is left. */
  writtenBytes(state: State): number;
  /** What brings the text on from here: the rest of a form that has begun, or every form that may begin. */
  continuations(state: State): readonly Uint8Array[];
}

/** Whether decoding has to lead to it. */
export function isRequirement(constraint: Constraint): constraint is Requirement {
  return "requiredBytes" in constraint;
}
