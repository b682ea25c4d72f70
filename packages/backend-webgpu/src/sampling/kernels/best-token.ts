import { reduction } from "./reduction.ts";

/**
 * WGSL: the best token over a workgroup, and the words that are drawn in place of a token where there is none. A
 * candidate is (key, id), the larger key wins, then the lower id. `bestToken` is a {@link reduction}, `bestTokenOf` takes two.
 */
export const bestTokenCode: string = `
const drawnNothing = 0xfffffffdu;
const drawnInfinity = 0xfffffffeu;
const drawnNan = 0xffffffffu;

${reduction("bestToken", "vec2<u32>", "select(b, a, a.x > b.x || (a.x == b.x && a.y < b.y))")}

// The best token of a row by its key, or what is wrong with the row.
fn drawnWord(best: vec2<u32>) -> u32 {
  if (best.x == 0u) { return drawnNothing; }
  if (best.x == infinityKey) { return drawnInfinity; }
  if (best.x == nanKey) { return drawnNan; }
  return best.y;
}`;
