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
  /** What makes up for how often a kind is possible: {@link calibratePlan} finds it. */
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
  weights: {},
  ruledFirstTurns: 0.3,
};
