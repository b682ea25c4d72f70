/** Tokens that all begin the same continuation, and how many bytes of it each leaves to be written. */
export type Way = readonly { readonly token: number; readonly rest: number }[];

/**
 * What a byte that a token leaves to be written is taken to cost, in nats: it makes one long token better than the first
 * of many short ones.
 */
const costOfRest = 1.5;

/** The token by which a model would best take a way, with what it is worth; undefined where all are impossible. */
export function bestOfWay(
  way: Way,
  logprobOf: (token: number) => number,
): { readonly token: number; readonly worth: number } | undefined {
  let best: { token: number; worth: number } | undefined;
  for (const { token, rest } of way) {
    const worth = logprobOf(token) - costOfRest * rest;
    if (worth > (best?.worth ?? -Infinity)) best = { token, worth };
  }
  return best;
}
