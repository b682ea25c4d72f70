import type { ActJson, InstructionLanguage, StateVerdict, Verdict } from "@bayling/core/interaction";
import type { PairOrigin } from "../bitext/sentence-pair.ts";

/** A dialogue of instructions and replies about one text: a row of a data set. Plain data, which JSON keeps whole. */
export interface Dialogue {
  /** Made of what the row was made from: the same pair, seed and plan give the same id. */
  readonly id: string;
  /** Dialogues about translations are made of acts; general ones come as they are from Alpaca or ShareGPT files. */
  readonly task: "interactive-translation" | "general";
  /** BCP 47; of the text. Undefined for general dialogues. */
  readonly from?: string | undefined;
  /** BCP 47; of the first translation. Undefined for general dialogues. */
  readonly to?: string | undefined;
  /** The text that is translated; splits go by it. For general dialogues the first instruction. */
  readonly source: string;
  /** At least one. */
  readonly turns: readonly DialogueTurn[];
  readonly provenance: DialogueProvenance;
}

/** An instruction and the reply to it. */
export interface DialogueTurn {
  /** What is asked for, as `actFromJson` reads it. Undefined in general dialogues. */
  readonly act?: ActJson | undefined;
  /** What the instruction of the first turn asks for besides, in this order, as later acts would; absent for nothing. */
  readonly asked?: readonly ActJson[] | undefined;
  readonly instruction: string;
  /** In which language the instruction is. Undefined where nobody said. */
  readonly language?: InstructionLanguage | undefined;
  readonly reply: string;
  /** Of the act on the reply. Never `fail` in a row that is written. */
  readonly verdict?: Verdict | undefined;
  /** What the state carries, rule by rule. Empty for replies that are no translation. */
  readonly checks: readonly StateVerdict[];
  readonly derivation: Derivation;
  /** Replies that were tried and failed, worst first: the other side of a preference. */
  readonly rejected?: readonly string[] | undefined;
}

/** How a reply came to be. */
export interface Derivation {
  /**
   * `reference`: a translation that a person wrote, as it is. `edited`: one with a part exchanged, added or taken out by a
   * rule. `carried`: the last translation, which does what is asked already. `composed`: a text put together from what the
   * data says, such as a list of other translations. `imported`: from a file of general instructions. `taught`: written
   * by a teacher.
   */
  readonly kind: "reference" | "edited" | "carried" | "composed" | "imported" | "taught";
  /** The rule or the teacher's prompt, as a kebab word: `other-reference`, `number-swap`. */
  readonly rule: string;
  /** Whether a rule made words that no person wrote for this text. */
  readonly isMechanical: boolean;
}

/** Where a dialogue came from. */
export interface DialogueProvenance {
  /** The pair that it is about first, then others that gave words to it. Empty for general dialogues without a file. */
  readonly origins: readonly PairOrigin[];
  readonly engine: "rules" | "teacher" | "imported";
  readonly seed: number;
  /** Moves on when the same arguments give other rows. */
  readonly generator: string;
  /** Of a teacher. */
  readonly model?: string | undefined;
  /** SHA-256 in hexadecimal digits of the prompts of a teacher. */
  readonly promptHash?: string | undefined;
}
