import type { WeightLayout } from "../weight-layout.ts";
import { nibbleValues, nibbleValuesOf } from "./q4.ts";
import { repackScalesAndMinima, sixBitScales, sixBitsFunction } from "./six-bit-scales.ts";
import { nibbleBytes, nibbles, splitNibbles, viewOf, wordsOf } from "./streams.ts";

/** Q4_K: super-blocks of 8 units with scales and minima of six bits, and nibbles. */
export const q4KLayout: WeightLayout = {
  type: "Q4_K",
  streams: [nibbles, sixBitScales],
  code: `
struct Unit { quants: vec4<u32>, factors: vec2<f32> }
${sixBitsFunction}
fn loadUnit(index: u32) -> Unit {
  let record = weightScales[index >> 3u];
  return Unit(weightQuants[index], unpack2x16float(record.x) * weightSixBits(record, index));
}
${nibbleValues(0)}`,
  values: nibbleValuesOf,
  scale: (unit) => `${unit}.factors.x`,
  offset: (unit) => `(-${unit}.factors.y)`,
  halves: false,
  packed: nibbleBytes,
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const records = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit += 8, at += 144) {
      repackScalesAndMinima(view, at, records, unit / 2);
      for (let pair = 0; pair < 4; pair++) {
        splitNibbles(view, at + 16 + 32 * pair, words, unit + 2 * pair, unit + 2 * pair + 1);
      }
    }
  },
};
