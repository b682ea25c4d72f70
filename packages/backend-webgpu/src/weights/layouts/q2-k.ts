import type { WeightLayout } from "../weight-layout.ts";
import { bitPairBytes, bitPairs, bitPairWord, transposePairs } from "./bit-planes.ts";
import { blockScales } from "./block-scales.ts";
import { byteValuesFunction } from "./byte-values.ts";
import { viewOf, wordsOf } from "./streams.ts";

/** Q2_K: super-blocks of 8 units with a nibble of scale and one of minimum for each half unit, and pairs of bits. */
export const q2KLayout: WeightLayout = {
  type: "Q2_K",
  streams: [bitPairs("weightQuants"), blockScales],
  code: `
struct Unit { quants: vec2<u32>, scale: vec2<f32>, minimum: vec2<f32> }
fn loadUnit(index: u32) -> Unit {
  let record = (index >> 3u) * 5u;
  let bytes = weightScales[record + 1u + ((index & 7u) >> 1u)] >> ((index & 1u) << 4u);
  let nibbles = (vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 4u, 12u)) & vec4<u32>(15u);
  let factors = unpack2x16float(weightScales[record]);
  return Unit(weightQuants[index], factors.x * vec2<f32>(nibbles.xy), factors.y * vec2<f32>(nibbles.zw));
}
${[0, 2, 4, 6]
  .map((position) => byteValuesFunction(`weightPairs${position}`, { width: 2, position, bias: 0 }))
  .join("")}`,
  values(unit, part) {
    const { word, position } = bitPairWord(`${unit}.quants`, part);
    return `weightPairs${position}(${word})`;
  },
  scale: (unit, half) => `${unit}.scale.${"xy"[half]}`,
  offset: (unit, half) => `(-${unit}.minimum.${"xy"[half]})`,
  halves: true,
  packed: (unit, part) => bitPairBytes(`${unit}.quants`, part, 0),
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const pairs = wordsOf(quantTarget!);
    const records = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0, record = 0; unit < units; unit += 8, at += 84, record += 5) {
      transposePairs(view, at + 16, pairs, unit);
      records[record] = view.getUint32(at + 80, true);
      for (let word = 0; word < 4; word++) records[record + 1 + word] = view.getUint32(at + 4 * word, true);
    }
  },
};
