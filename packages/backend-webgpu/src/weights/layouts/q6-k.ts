import type { WeightLayout } from "../weight-layout.ts";
import { bitPairBytes, bitPairs, transposePairs } from "./bit-planes.ts";
import { blockScales } from "./block-scales.ts";
import { byteValuesFunction, signedBytes } from "./byte-values.ts";
import { nibbleBytes, nibbles, splitNibbles, viewOf, wordsOf } from "./streams.ts";

/** An expression for the four quants of a part, 0 … 63, as bytes. */
function sixBitBytes(unit: string, part: number): string {
  return `(${nibbleBytes(unit, part)} | ${bitPairBytes(`${unit}.pairs`, part, 4)})`;
}

/** Q6_K: super-blocks of 8 units with a signed byte as scale for each half unit, and quants of six bits, 32 too large. */
export const q6KLayout: WeightLayout = {
  type: "Q6_K",
  streams: [nibbles, bitPairs("weightPairs"), blockScales],
  code: `
struct Unit { quants: vec4<u32>, pairs: vec2<u32>, scale: vec2<f32> }
fn loadUnit(index: u32) -> Unit {
  let record = (index >> 3u) * 5u;
  let scales = bitcast<i32>(weightScales[record + 1u + ((index & 7u) >> 1u)] >> ((index & 1u) << 4u));
  let scale = unpack2x16float(weightScales[record]).x;
  return Unit(
    weightQuants[index],
    weightPairs[index],
    scale * vec2<f32>(f32(extractBits(scales, 0u, 8u)), f32(extractBits(scales, 8u, 8u))),
  );
}
${byteValuesFunction("weightBytes", { width: 6, position: 0, bias: 32 })}`,
  values: (unit, part) => `weightBytes(${sixBitBytes(unit, part)})`,
  scale: (unit, half) => `${unit}.scale.${"xy"[half]}`,
  halves: true,
  packed: (unit, part) => signedBytes(sixBitBytes(unit, part), 32),
  repack(source, rows, columns, [quantTarget, pairTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const pairs = wordsOf(pairTarget!);
    const records = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0, record = 0; unit < units; unit += 8, at += 210, record += 5) {
      for (let run = 0; run < 4; run++) {
        const low = unit + 4 * (run >> 1) + (run & 1);
        splitNibbles(view, at + 32 * run, words, low, low + 2);
      }
      transposePairs(view, at + 128, pairs, unit);
      records[record] = view.getUint16(at + 208, true);
      for (let word = 0; word < 4; word++) records[record + 1 + word] = view.getUint32(at + 192 + 4 * word, true);
    }
  },
};
