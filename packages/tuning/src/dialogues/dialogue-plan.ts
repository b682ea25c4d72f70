import type { InstructionLanguage } from "@bayling/core/interaction";

/** What is wanted of a set of dialogues. Shares are relative to each other. */
export interface DialoguePlan {
  /** The share of pairs that give a plain translation, a row of one turn, in each direction: 0 … 1. */
  readonly translations: number;
  /** Dialogues with requests for each direction of a pair, on average, as far as the pairs allow it. */
  readonly dialoguesPerDirection: number;
  /** No direction of a pair gives more dialogues with requests. */
  readonly mostPerDirection: number;
  /** Share of directions by `from>to`, both as tags, of the largest one; a direction that is not named has share 1. */
  readonly directions: Readonly<Record<string, number>>;
  /** Share of dialogues with requests by number of turns, from one turn on. */
  readonly turns: readonly number[];
  /** Share of instruction languages. */
  readonly languages: Readonly<Record<InstructionLanguage, number>>;
  /** Share of requests in later turns: by kind of act, and `undo`, which is said with `revise`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Share of requests that come with the first translation, on the same scale: "Translate this. Use “Wagen”." */
  readonly firstRequests: Readonly<Record<string, number>>;
  /** Share of dialogues about a later request whose first turn asks for something all the same: 0 … 1. */
  readonly ruledFirstTurns: number;
  /**
   * What `balancePlan` found: how many dialogues a direction of a pair is to begin with each request, so that the shares
   * come out. Without it seldom possible requests are seldom.
   */
  readonly rates?: RequestRates | undefined;
  /** What `balancePlan` found: the factor on the share of each number of turns. */
  readonly turnFactors?: readonly number[] | undefined;
}

/** By direction, then by name of a request; those with the first translation have `first ` in front of the name. */
export type RequestRates = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Every translation once in each direction, and as many dialogues; terms and edits are what people ask for most. */
export const defaultPlan: DialoguePlan = {
  ...{ translations: 1, dialoguesPerDirection: 0.5, mostPerDirection: 6, directions: {} },
  turns: [0.15, 0.4, 0.3, 0.15],
  languages: { en: 1, zh: 1, de: 1 },
  requests: {
    ...{ "include-terms": 1.5, "forbid-terms": 1.5, glossary: 1.5, "keep-prefix": 1, "keep-untranslated": 0.7 },
    ...{ shorten: 1.5, lengthen: 0.7, "set-length": 1, "set-register": 1.5 },
    ...{ rephrase: 1.5, revise: 1, undo: 1.5, release: 0.7, translate: 0.5 },
    ...{ insert: 1.5, replace: 1.5, delete: 1, correct: 1 },
    ...{ alternatives: 1, "back-translate": 0.5, "switch-language": 1, explain: 0.5, ask: 0.5 },
  },
  firstRequests: {
    ...{ "include-terms": 4, glossary: 2, "forbid-terms": 1.5, "keep-prefix": 1 },
    ...{ "set-length": 1, "set-register": 1 },
  },
  ruledFirstTurns: 0.2,
};

/** The largest share is all of it. */
export function directionShare({ directions }: DialoguePlan, direction: string): number {
  const largest = Math.max(1, ...Object.values(directions));
  return (directions[direction] ?? 1) / largest;
}

/** What a request with the first translation is called in {@link RequestRates}. */
export function firstRequest(name: string): string {
  return `first ${name}`;
}

/** The share of all requests that each one is to have; they add up to 1. */
export function requestShares({ requests, firstRequests }: DialoguePlan): ReadonlyMap<string, number> {
  const all = [
    ...Object.entries(requests),
    ...Object.entries(firstRequests).map(([name, share]) => [firstRequest(name), share] as const),
  ];
  const sum = all.reduce((total, [, share]) => total + share, 0);
  return new Map(all.map(([name, share]) => [name, sum > 0 ? share / sum : 0]));
}
