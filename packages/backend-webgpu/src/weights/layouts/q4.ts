import type { WeightLayout } from "../weight-layout.ts";
import { byteValuesFunction, signedBytes } from "./byte-values.ts";
import {
  copyNibbles,
  halvesOf,
  loadScale,
  nibbleBytes,
  nibbles,
  nibbleWord,
  scales,
  scalesAndOffsets,
  viewOf,
  wordsOf,
} from "./streams.ts";

/** WGSL: `weightLow` and `weightHigh`, the values of the nibbles of a word. */
export function nibbleValues(bias: number): string {
  const low = byteValuesFunction("weightLow", { width: 4, position: 0, bias });
  return `${low}${byteValuesFunction("weightHigh", { width: 4, position: 4, bias })}`;
}

/** An expression for the values of a part, after {@link nibbleValues}. */
export function nibbleValuesOf(unit: string, part: number): string {
  const { word, shift } = nibbleWord(unit, part);
  return `${shift === 0 ? "weightLow" : "weightHigh"}(${word})`;
}

/** WGSL: a unit of nibbles with a half as scale. */
export const scaledNibbles: string = `
struct Unit { quants: vec4<u32>, scale: f32 }
fn loadUnit(index: u32) -> Unit {
  return Unit(weightQuants[index], ${loadScale});
}`;

/** Q4_0: a half as scale, and nibbles that are 8 too large. */
export const q4_0Layout: WeightLayout = {
  type: "Q4_0",
  streams: [nibbles, scales],
  code: `
${scaledNibbles}
${nibbleValues(8)}`,
  values: nibbleValuesOf,
  scale: (unit) => `${unit}.scale`,
  halves: false,
  packed: (unit, part) => signedBytes(nibbleBytes(unit, part), 8),
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const halves = halvesOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit++, at += 18) {
      halves[unit] = view.getUint16(at, true);
      copyNibbles(view, at + 2, words, unit);
    }
    halves.fill(0, units);
  },
};

/** Q4_1: halves as scale and offset, and nibbles. */
export const q4_1Layout: WeightLayout = {
  type: "Q4_1",
  streams: [nibbles, scalesAndOffsets],
  code: `
struct Unit { quants: vec4<u32>, factors: vec2<f32> }
fn loadUnit(index: u32) -> Unit {
  return Unit(weightQuants[index], unpack2x16float(weightScales[index]));
}
${nibbleValues(0)}`,
  values: nibbleValuesOf,
  scale: (unit) => `${unit}.factors.x`,
  offset: (unit) => `${unit}.factors.y`,
  halves: false,
  packed: nibbleBytes,
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const factors = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit++, at += 20) {
      factors[unit] = view.getUint32(at, true);
      copyNibbles(view, at + 4, words, unit);
    }
  },
};
