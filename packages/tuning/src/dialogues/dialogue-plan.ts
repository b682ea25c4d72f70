import type { InstructionLanguage } from "@bayling/core/interaction";

/** How often which kind of dialogue is wanted. Shares are relative to each other. */
export interface DialoguePlan {
  /** Dialogues for each direction of a pair that is drawn. */
  readonly dialoguesPerDirection: number;
  /** Share of dialogues by `from>to`, both as tags; a direction that is not named has share 1. */
  readonly directions: Readonly<Record<string, number>>;
  /** Share of dialogues by number of turns, from one turn on. */
  readonly turns: readonly number[];
  readonly languages: Readonly<Record<InstructionLanguage, number>>;
  /** Share of later turns by kind of act. */
  readonly acts: Readonly<Record<string, number>>;
  /** What makes up for how seldom a kind is possible, as a factor; 1 where nothing is said. */
  readonly weights: Readonly<Record<string, number>>;
  /** Share of first turns that ask for more than a translation. */
  readonly ruledFirstTurns: number;
}

/** Every kind that the rules can make, alike but for those that read as a game where they come often. */
export const defaultPlan: DialoguePlan = {
  dialoguesPerDirection: 1,
  directions: {},
  turns: [0.15, 0.35, 0.3, 0.2],
  languages: { en: 1, zh: 1, de: 1 },
  acts: {
    ...{
      "include-terms": 1,
      "forbid-terms": 1,
      glossary: 1,
      "keep-prefix": 1,
      "keep-untranslated": 0.7,
      translate: 0.7,
    },
    ...{ shorten: 1, lengthen: 0.6, "set-length": 0.7, "set-register": 1, rephrase: 1, revise: 1, release: 0.5 },
    ...{ insert: 1, replace: 1, delete: 1, correct: 0.7 },
    ...{ alternatives: 1, "back-translate": 0.7, "switch-language": 0.7, explain: 0.6, ask: 0.6 },
  },
  // From how often each kind came out of Tatoeba's pairs with no weights at all.
  weights: {
    ...{ "include-terms": 5, "forbid-terms": 5, glossary: 5, insert: 6, lengthen: 6, shorten: 3, "set-length": 2 },
    ...{ "keep-prefix": 2.5, correct: 3, "keep-untranslated": 2, release: 3, "set-register": 1.5, rephrase: 1.5 },
    ...{ "back-translate": 0.4, revise: 0.6, ask: 0.25, explain: 0.3 },
  },
  ruledFirstTurns: 0.3,
};
