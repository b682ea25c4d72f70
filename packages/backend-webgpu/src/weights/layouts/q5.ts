import type { WeightLayout } from "../weight-layout.ts";
import { singleBitBytes, singleBits, spreadBits } from "./bit-planes.ts";
import { byteValuesFunction, signedBytes } from "./byte-values.ts";
import {
  copyNibbles,
  halvesOf,
  loadScale,
  nibbleBytes,
  nibbles,
  scales,
  scalesAndOffsets,
  viewOf,
  wordsOf,
} from "./streams.ts";

/** An expression for the four quants of a part, 0 … 31, as bytes. */
export function fiveBitBytes(unit: string, part: number): string {
  return `(${nibbleBytes(unit, part)} | ${singleBitBytes(unit, part, 4)})`;
}

/** Q5_0: a half as scale, and quants of five bits that are 16 too large. */
export const q5_0Layout: WeightLayout = {
  type: "Q5_0",
  streams: [nibbles, singleBits, scales],
  code: `
struct Unit { quants: vec4<u32>, bits: u32, scale: f32 }
fn loadUnit(index: u32) -> Unit {
  return Unit(weightQuants[index], weightBits[index], ${loadScale});
}
${byteValuesFunction("weightBytes", { width: 5, position: 0, bias: 16 })}`,
  values: (unit, part) => `weightBytes(${fiveBitBytes(unit, part)})`,
  scale: (unit) => `${unit}.scale`,
  halves: false,
  packed: (unit, part) => signedBytes(fiveBitBytes(unit, part), 16),
  repack(source, rows, columns, [quantTarget, bitTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const bits = wordsOf(bitTarget!);
    const halves = halvesOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit++, at += 22) {
      halves[unit] = view.getUint16(at, true);
      bits[unit] = spreadBits(view.getUint32(at + 2, true));
      copyNibbles(view, at + 6, words, unit);
    }
    halves.fill(0, units);
  },
};

/** Q5_1: halves as scale and offset, and quants of five bits. */
export const q5_1Layout: WeightLayout = {
  type: "Q5_1",
  streams: [nibbles, singleBits, scalesAndOffsets],
  code: `
struct Unit { quants: vec4<u32>, bits: u32, factors: vec2<f32> }
fn loadUnit(index: u32) -> Unit {
  return Unit(weightQuants[index], weightBits[index], unpack2x16float(weightScales[index]));
}
${byteValuesFunction("weightBytes", { width: 5, position: 0, bias: 0 })}`,
  values: (unit, part) => `weightBytes(${fiveBitBytes(unit, part)})`,
  scale: (unit) => `${unit}.factors.x`,
  offset: (unit) => `${unit}.factors.y`,
  halves: false,
  packed: fiveBitBytes,
  repack(source, rows, columns, [quantTarget, bitTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const bits = wordsOf(bitTarget!);
    const factors = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit++, at += 24) {
      factors[unit] = view.getUint32(at, true);
      bits[unit] = spreadBits(view.getUint32(at + 4, true));
      copyNibbles(view, at + 8, words, unit);
    }
  },
};
