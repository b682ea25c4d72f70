import type { WeightStream } from "../weight-layout.ts";

/**
 * Two numbers of six bits for each of the 8 units of a super-block, after a word of halves: low nibbles of the first
 * numbers, low nibbles of the second, and upper pairs of both, four bits a unit in each word. One load brings all.
 */
export const sixBitScales: WeightStream = {
  name: "weightScales",
  type: "array<vec4<u32>>",
  bytes: (units) => units * 2,
};

/** WGSL: `weightSixBits(record, index)`, the two numbers of unit `index` mod 8. */
export const sixBitsFunction: string = `
fn weightSixBits(record: vec4<u32>, index: u32) -> vec2<f32> {
  let fields = record.yzw >> vec3<u32>((index & 7u) << 2u);
  let high = vec2<u32>(fields.z << 4u, fields.z << 2u) & vec2<u32>(0x30u);
  return vec2<f32>((fields.xy & vec2<u32>(15u)) | high);
}`;

/** Stores two numbers in a record whose last three words were zero. */
export function storeSixBits(words: Uint32Array, record: number, unit: number, first: number, second: number): void {
  const at = 4 * unit;
  words[record + 1]! |= (first & 15) << at;
  words[record + 2]! |= (second & 15) << at;
  words[record + 3]! |= ((first >> 4) | ((second >> 4) << 2)) << at;
}

/**
 * Stores a super-block's record from the head of Q4_K and Q5_K: halves d and dmin, then 12 bytes of scales and minima.
 * Scales 0–3 are the low six bits of bytes 0–3, minima 0–3 those of bytes 4–7; scales 4–7 and minima 4–7 are low and
 * high nibbles of bytes 8–11, with their upper pairs on top of bytes 0–3 and 4–7.
 */
export function repackScalesAndMinima(source: DataView, at: number, words: Uint32Array, record: number): void {
  words.fill(0, record + 1, record + 4);
  words[record] = source.getUint32(at, true);
  for (let unit = 0; unit < 4; unit++) {
    const scale = source.getUint8(at + 4 + unit);
    const minimum = source.getUint8(at + 8 + unit);
    const nibbles = source.getUint8(at + 12 + unit);
    storeSixBits(words, record, unit, scale & 63, minimum & 63);
    storeSixBits(words, record, unit + 4, (nibbles & 15) | ((scale >> 6) << 4), (nibbles >> 4) | ((minimum >> 6) << 4));
  }
}
