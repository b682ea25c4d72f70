/** Scores of the first and the second answer, as a judge wrote them. */
export type ScorePair = readonly [first: number, second: number];

/** A number from 0 to 10, perhaps with `/10` behind it. */
const number = String.raw`[*_ ]*(\d{1,2}(?:\.\d+)?)(?![\d.]*\d)`;

const colon = "[*_ ]*[:：=]";

/** Two lines that name the answers, whatever words a judge puts around them. */
const named = [1, 2].map(
  (which) =>
    new RegExp(
      String.raw`(?:(?:score|rating)[^\n:：]{0,40}?(?:assistant|answer|system|response)|(?:assistant|answer|system|response)|(?:助手|回答|系统|答案))[*_ ]*(?:的)?[*_ #]*${which}(?:[*_ ]*的)?(?:[*_ ]*(?:score|rating|'s score|得分|评分|分数))?${colon}${number}`,
      "giu",
    ),
);

/** A line of nothing but two numbers. */
const bare = /^\s*(\d{1,2}(?:\.\d+)?)\s*[,，/ ]\s*(\d{1,2}(?:\.\d+)?)\s*$/gmu;

/**
 * Reads the two scores out of a judge's review: the last that are named, or else the last line of two numbers.
 * @returns `undefined` where there are none from 0 to 10
 */
export function parseVerdictScores(review: string): ScorePair | undefined {
  const [first, second] = named.map((pattern) => lastNumber(review.matchAll(pattern)));
  const pair = first !== undefined && second !== undefined ? ([first, second] as const) : lastPair(review);
  return pair?.every((score) => score <= 10) ? pair : undefined;
}

function lastNumber(matches: Iterable<RegExpExecArray>): number | undefined {
  const match = [...matches].at(-1);
  return match === undefined ? undefined : Number(match[1]);
}

function lastPair(review: string): ScorePair | undefined {
  const match = [...review.matchAll(bare)].at(-1);
  return match === undefined ? undefined : [Number(match[1]), Number(match[2])];
}
