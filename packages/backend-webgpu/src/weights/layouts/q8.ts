import type { WeightLayout } from "../weight-layout.ts";
import { byteValuesFunction, signedBytes } from "./byte-values.ts";
import { halvesOf, loadScale, scales, viewOf, wordsOf } from "./streams.ts";

function wordOf(unit: string, part: number): string {
  return `${unit}.${part < 4 ? "low" : "high"}.${"xyzw"[part % 4]}`;
}

/** Q8_0: a half as scale, and bytes, which lie here 128 too large: unsigned ones are read with fewer instructions. */
export const q8_0Layout: WeightLayout = {
  type: "Q8_0",
  streams: [{ name: "weightQuants", type: "array<vec4<u32>>", bytes: (units) => units * 32 }, scales],
  code: `
struct Unit { low: vec4<u32>, high: vec4<u32>, scale: f32 }
fn loadUnit(index: u32) -> Unit {
  return Unit(weightQuants[2u * index], weightQuants[2u * index + 1u], ${loadScale});
}
${byteValuesFunction("weightBytes", { width: 8, position: 0, bias: 128 })}`,
  values: (unit, part) => `weightBytes(${wordOf(unit, part)})`,
  scale: (unit) => `${unit}.scale`,
  halves: false,
  packed: (unit, part) => signedBytes(wordOf(unit, part), 128),
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const halves = halvesOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit++, at += 34) {
      halves[unit] = view.getUint16(at, true);
      for (let word = 0; word < 8; word++) {
        words[8 * unit + word] = view.getUint32(at + 2 + 4 * word, true) ^ 0x80808080;
      }
    }
    halves.fill(0, units);
  },
};
