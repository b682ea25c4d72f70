import type { Act, InstructionLanguage, TranslationState } from "@bayling/core/interaction";
import type { Lexicon } from "../alignment/lexicon.ts";
import type { PairOrigin } from "../bitext/sentence-pair.ts";
import type { Random } from "../random.ts";
import type { Derivation } from "./dialogue.ts";
import type { DialogueIndex, Rendering } from "./dialogue-index.ts";
import { occurrences } from "./text-words.ts";

/** Where a dialogue stands, and what is known that could carry it on. */
export interface MoveContext {
  /** With the last translation in it, from the second turn on. */
  readonly state: TranslationState;
  /** The last translation; "" before the first. */
  readonly current: string;
  /** Translations of the source by people, into the language of the state, the last translation not among them. */
  readonly others: readonly Rendering[];
  /** Of the languages of the state. */
  readonly lexicon: Lexicon;
  readonly index: DialogueIndex;
  readonly language: InstructionLanguage;
  readonly random: Random;
  /** Turns so far, oldest first. */
  readonly history: readonly PastTurn[];
  /** The lexicon of two languages, if there is one. */
  lexiconFor(language: string, other: string): Lexicon | undefined;
}

export interface PastTurn {
  readonly act: Act;
  /** The state before the act. */
  readonly before: TranslationState;
  readonly after: TranslationState;
}

/** An act that can be said now, with the true reply to it. */
export interface Move {
  readonly act: Act;
  readonly reply: string;
  readonly derivation: Derivation;
  /** Pairs that gave words to the reply. */
  readonly origins: readonly PairOrigin[];
  /** For replies that are words about the translation: what has to be in them. */
  readonly mentions?: readonly string[];
}

/** Finds the moves of one kind; none where the data gives no true reply. */
export type MoveFinder = (context: MoveContext) => readonly Move[];

/** A move whose reply is a translation by a person, as it is. */
export function referenceMove(act: Act, { text, origin }: Rendering, rule: string): Move {
  return { act, reply: text, derivation: { kind: "reference", rule, isMechanical: false }, origins: [origin] };
}

/** A move whose reply is the last translation with a part exchanged, added or taken out. */
export function editedMove(
  act: Act,
  reply: string,
  rule: string,
  isMechanical: boolean,
  origins: readonly PairOrigin[] = [],
): Move {
  return { act, reply, derivation: { kind: "edited", rule, isMechanical }, origins };
}

/** Whether a translation stood in the dialogue before: nobody wants it as something new. */
export function wasSaid({ history }: MoveContext, text: string): boolean {
  return history.some(({ after }) => after.translation === text);
}

/** Whether words stand in the last translation or stood in one before: what a request took out, nobody asks for again. */
export function stoodBefore({ history }: MoveContext, words: string): boolean {
  return history.some(({ after: { translation = "" } }) => occurrences(translation, words) > 0);
}
