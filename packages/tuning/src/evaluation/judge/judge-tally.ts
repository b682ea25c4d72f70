import type { ScorePair } from "./verdict-scores.ts";

/** What the judge thought of two answers to one question: means, where it was asked more than once. */
export interface JudgedQuestion {
  readonly category: string;
  readonly scores: ScorePair;
}

/** How a system did against another. */
export interface JudgeTally {
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Sum of the scores of the system over the sum of the other's. */
  readonly ratio: number;
}

export interface JudgeReport extends JudgeTally {
  readonly byCategory: ReadonlyMap<string, JudgeTally>;
}

/** Wins, ties, losses and the ratio of scores of the first system, in all and by category. */
export function tallyJudgements(questions: readonly JudgedQuestion[]): JudgeReport {
  const categories = [...new Set(questions.map(({ category }) => category))];
  const membersOf = (name: string) => questions.filter(({ category }) => category === name);
  const byCategory = new Map(categories.map((name) => [name, tally(membersOf(name))]));
  return { ...tally(questions), byCategory };
}

function tally(questions: readonly JudgedQuestion[]): JudgeTally {
  const count = (holds: (difference: number) => boolean) =>
    questions.filter(({ scores: [ours, theirs] }) => holds(ours - theirs)).length;
  const sum = (which: 0 | 1) => questions.reduce((total, { scores }) => total + scores[which], 0);
  return {
    wins: count((difference) => difference > 0),
    ties: count((difference) => difference === 0),
    losses: count((difference) => difference < 0),
    ratio: sum(0) / sum(1),
  };
}
