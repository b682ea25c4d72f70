import type { WeightLayout } from "../weight-layout.ts";
import { bitPairBytes, bitPairs, singleBitBytes, singleBits, transposeBits, transposePairs } from "./bit-planes.ts";
import { byteValuesFunction, signedBytes } from "./byte-values.ts";
import { sixBitScales, sixBitsFunction, storeSixBits } from "./six-bit-scales.ts";
import { viewOf, wordsOf } from "./streams.ts";

/** An expression for the four quants of a part, 0 … 7, as bytes. */
function threeBitBytes(unit: string, part: number): string {
  return `(${bitPairBytes(`${unit}.quants`, part, 0)} | ${singleBitBytes(unit, part, 2)})`;
}

/** Q3_K: super-blocks of 8 units with a scale of six bits for each half unit, 32 too large, and quants of three, 4 too large. */
export const q3KLayout: WeightLayout = {
  type: "Q3_K",
  streams: [bitPairs("weightQuants"), singleBits, sixBitScales],
  code: `
struct Unit { quants: vec2<u32>, bits: u32, scale: vec2<f32> }
${sixBitsFunction}
fn loadUnit(index: u32) -> Unit {
  let record = weightScales[index >> 3u];
  let scale = unpack2x16float(record.x).x * (weightSixBits(record, index) - vec2<f32>(32.0));
  return Unit(weightQuants[index], weightBits[index], scale);
}
${byteValuesFunction("weightBytes", { width: 3, position: 0, bias: 4 })}`,
  values: (unit, part) => `weightBytes(${threeBitBytes(unit, part)})`,
  scale: (unit, half) => `${unit}.scale.${"xy"[half]}`,
  halves: true,
  packed: (unit, part) => signedBytes(threeBitBytes(unit, part), 4),
  repack(source, rows, columns, [quantTarget, bitTarget, scaleTarget]) {
    const view = viewOf(source);
    const pairs = wordsOf(quantTarget!);
    const bits = wordsOf(bitTarget!);
    const records = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0, record = 0; unit < units; unit += 8, at += 110, record += 4) {
      transposeBits(view, at, bits, unit);
      transposePairs(view, at + 32, pairs, unit);
      repackScales(view, at + 96, records, record);
      records[record] = view.getUint16(at + 108, true);
    }
  },
};

/**
 * Sixteen scales of six bits in 12 bytes: low nibbles of scales 0–7 and 8–15 are the low and high nibbles of the first
 * eight; upper pairs of scales s, s + 4, s + 8 and s + 12 are the pairs of byte 8 + s.
 */
function repackScales(source: DataView, at: number, words: Uint32Array, record: number): void {
  words.fill(0, record + 1, record + 4);
  const scale = (index: number) => {
    const low = (source.getUint8(at + (index & 7)) >> ((index >> 3) * 4)) & 15;
    const high = (source.getUint8(at + 8 + (index & 3)) >> ((index >> 2) * 2)) & 3;
    return low | (high << 4);
  };
  for (let unit = 0; unit < 8; unit++) storeSixBits(words, record, unit, scale(2 * unit), scale(2 * unit + 1));
}
