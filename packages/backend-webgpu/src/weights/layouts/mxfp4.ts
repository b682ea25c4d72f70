import type { WeightLayout } from "../weight-layout.ts";
import { levelsCode, levelValues, packedLevels } from "./levels.ts";
import { copyNibbles, nibbles, viewOf, wordsOf } from "./streams.ts";

/** Twice the values of E2M1: the scale is halved for it. */
const levels = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/**
 * MXFP4: a byte e as scale 2^(e − 128), and nibbles that choose a level. The scales for 0 and 1, subnormal
 * floats that a GPU may take for zero, are zero everywhere.
 */
export const mxfp4Layout: WeightLayout = {
  type: "MXFP4",
  streams: [nibbles, { name: "weightScales", type: "array<u32>", bytes: (units) => Math.ceil(units / 4) * 4 }],
  code: `
struct Unit { quants: vec4<u32>, scale: f32 }
fn loadUnit(index: u32) -> Unit {
  let exponent = (weightScales[index >> 2u] >> ((index & 3u) << 3u)) & 255u;
  return Unit(weightQuants[index], bitcast<f32>((max(exponent, 1u) - 1u) << 23u));
}
${levelsCode(levels)}`,
  values: levelValues,
  scale: (unit) => `${unit}.scale`,
  halves: false,
  packed: packedLevels,
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit++, at += 17) {
      scaleTarget![unit] = view.getUint8(at);
      copyNibbles(view, at + 1, words, unit);
    }
    scaleTarget!.fill(0, units);
  },
};
