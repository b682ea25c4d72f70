import { type DeviceSampling, invalidScores } from "@bayling/core/backend";

/** What the kernels write in place of a token (`drawnWord` in WGSL), as the score that is to blame. */
const failures: ReadonlyMap<number, number | undefined> = new Map([
  [0xfffffffd, undefined],
  [0xfffffffe, Number.POSITIVE_INFINITY],
  [0xffffffff, Number.NaN],
]);

/**
 * The tokens of one row out of what was drawn: up to `steps`, or up to a stop token, which is the last one.
 * @param drawn read back from {@link DeviceSampler.drawn}: [steps so far, maxRows]
 * @throws BayLingError `scores-invalid` when the row had nothing to draw from before it ended
 */
export function drawnTokens(
  drawn: Uint32Array,
  maxRows: number,
  row: number,
  { steps, stopTokens }: Pick<DeviceSampling, "steps" | "stopTokens">,
): Uint32Array<ArrayBuffer> {
  const available = Math.min(steps, Math.floor(drawn.length / maxRows));
  const tokens = new Uint32Array(available);
  for (let step = 0; step < available; step++) {
    const token = drawn[step * maxRows + row]!;
    if (failures.has(token)) throw invalidScores(failures.get(token));
    tokens[step] = token;
    if (stopTokens.includes(token)) return tokens.slice(0, step + 1);
  }
  return tokens;
}
