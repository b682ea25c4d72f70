import type { Constraint } from "../generation/constraints/constraint.ts";
import type { TranslationState } from "./translation-state.ts";

/** Languages in which acts can say themselves. */
export type InstructionLanguage = "en" | "zh" | "de";

/** How an act is put into words. */
export interface SayContext {
  readonly language: InstructionLanguage;
  /** Chooses among several phrasings: the same seed, the same words. */
  readonly seed: number;
  /** The state before the act. */
  readonly state: TranslationState;
}

/** What a check found. `unknown` where nothing can be decided: never a false pass. */
export interface Verdict {
  readonly outcome: "pass" | "fail" | "unknown";
  /** One clause that tells a person why. */
  readonly reason: string;
}

export interface VerifyContext {
  /** The state before the act; its translation is what the act was to change. */
  readonly before: TranslationState;
  /** The state that the act asked for. */
  readonly after: TranslationState;
}

/**
 * One thing that a person can ask for in a dialogue about a translation. An act is data with four abilities: it says
 * itself, constrains decoding, changes the carried state, and verifies a reply. What is taught to a model is therefore
 * exactly what can be asked of one.
 */
export interface Act<Data extends object = object> {
  /** Lower-case kebab word: `include-terms`. */
  readonly kind: string;
  readonly data: Data;
  /** What the reply to it is: a translation that takes the place of the last one, or words about it. */
  readonly replies: "translation" | "text";
  /** The instruction. */
  say(context: SayContext): string;
  /** How the act changes what is asked of this and all later translations. Does not touch `translation`. */
  apply(state: TranslationState): TranslationState;
  /**
   * The state with what is asked of the reply to this act alone, such as to be shorter than the last one. Decoding and
   * checks go by it; the next turn does not.
   */
  forReply?(state: TranslationState): TranslationState;
  /** Rules for decoding this reply that no state can say. */
  constrain?(state: TranslationState): readonly Constraint[];
  /** Whether a reply does what was asked. What the state carries is checked apart from it. */
  verify(reply: string, context: VerifyContext): Verdict;
}
