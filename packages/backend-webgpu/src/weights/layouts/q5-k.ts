import type { WeightLayout } from "../weight-layout.ts";
import { singleBits, transposeBits } from "./bit-planes.ts";
import { byteValuesFunction } from "./byte-values.ts";
import { fiveBitBytes } from "./q5.ts";
import { repackScalesAndMinima, sixBitScales, sixBitsFunction } from "./six-bit-scales.ts";
import { nibbles, splitNibbles, viewOf, wordsOf } from "./streams.ts";

/** Q5_K: super-blocks of 8 units with scales and minima of six bits, and quants of five bits. */
export const q5KLayout: WeightLayout = {
  type: "Q5_K",
  streams: [nibbles, singleBits, sixBitScales],
  code: `
struct Unit { quants: vec4<u32>, bits: u32, factors: vec2<f32> }
${sixBitsFunction}
fn loadUnit(index: u32) -> Unit {
  let record = weightScales[index >> 3u];
  return Unit(weightQuants[index], weightBits[index], unpack2x16float(record.x) * weightSixBits(record, index));
}
${byteValuesFunction("weightBytes", { width: 5, position: 0, bias: 0 })}`,
  values: (unit, part) => `weightBytes(${fiveBitBytes(unit, part)})`,
  scale: (unit) => `${unit}.factors.x`,
  offset: (unit) => `(-${unit}.factors.y)`,
  halves: false,
  packed: fiveBitBytes,
  repack(source, rows, columns, [quantTarget, bitTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const bits = wordsOf(bitTarget!);
    const records = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit += 8, at += 176) {
      repackScalesAndMinima(view, at, records, unit / 2);
      transposeBits(view, at + 16, bits, unit);
      for (let pair = 0; pair < 4; pair++) {
        splitNibbles(view, at + 48 + 32 * pair, words, unit + 2 * pair, unit + 2 * pair + 1);
      }
    }
  },
};
