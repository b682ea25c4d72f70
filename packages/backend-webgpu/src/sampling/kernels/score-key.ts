/**
 * WGSL: scores as unsigned integers in the same order, which radix searches and comparisons take. Scores are bound as
 * `array<u32>`, because compilers may assume that floats are neither NaN nor infinite.
 * 0 is −Infinity and everything else that cannot be drawn, the largest is NaN, the second is +Infinity.
 */
export const scoreKeyCode: string = `
const nanKey = 0xffffffffu;
const infinityKey = 0xff800000u;

fn scoreKey(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return nanKey; }
  if (bits == 0xff800000u) { return 0u; }
  if (magnitude == 0u) { return 0x80000000u; } // −0 is as good as 0
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn isInvalid(key: u32) -> bool { return key == 0u || key >= infinityKey; }

// Of a finite score.
fn keyScore(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, key >= 0x80000000u));
}`;

/**
 * WGSL: `isAllowed` for a binding `masks: array<u32>`, which holds for each row of scores where its mask begins, 0 for
 * none, and then the masks; see `TokenMasks`.
 */
export const tokenMaskCode: string = `
fn isAllowed(row: u32, id: u32) -> bool {
  let start = masks[row];
  return start == 0u || ((masks[start + (id >> 5u)] >> (id & 31u)) & 1u) == 1u;
}`;
