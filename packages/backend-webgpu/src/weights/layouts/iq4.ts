import type { WeightLayout } from "../weight-layout.ts";
import { levelsCode, levelValues, packedLevels } from "./levels.ts";
import { q4_0Layout, scaledNibbles } from "./q4.ts";
import { copyNibbles, nibbles, viewOf, wordsOf } from "./streams.ts";

/** The values that nibbles choose from: denser near zero than a straight line. */
const levels = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** IQ4_NL: the bytes of Q4_0, whose nibbles choose a level. */
export const iq4NlLayout: WeightLayout = {
  ...q4_0Layout,
  type: "IQ4_NL",
  code: `
${scaledNibbles}
${levelsCode(levels)}`,
  values: levelValues,
  packed: packedLevels,
};

/**
 * IQ4_XS: super-blocks of 8 units whose nibbles choose a level, with scales of six bits, 32 too large. Eight bytes hold
 * a half, the upper pairs of the scales, and their low nibbles, in GGUF as here.
 */
export const iq4XsLayout: WeightLayout = {
  type: "IQ4_XS",
  streams: [nibbles, { name: "weightScales", type: "array<vec2<u32>>", bytes: (units) => units }],
  code: `
struct Unit { quants: vec4<u32>, scale: f32 }
fn loadUnit(index: u32) -> Unit {
  let record = weightScales[index >> 3u];
  let unit = index & 7u;
  let low = (record.y >> (4u * unit)) & 15u;
  let high = (record.x >> (2u * unit + 16u)) & 3u;
  return Unit(weightQuants[index], unpack2x16float(record.x).x * (f32(low | (high << 4u)) - 32.0));
}
${levelsCode(levels)}`,
  values: levelValues,
  scale: (unit) => `${unit}.scale`,
  halves: false,
  packed: packedLevels,
  repack(source, rows, columns, [quantTarget, scaleTarget]) {
    const view = viewOf(source);
    const words = wordsOf(quantTarget!);
    const records = wordsOf(scaleTarget!);
    const units = (rows * columns) / 32;
    for (let unit = 0, at = 0; unit < units; unit += 8, at += 136) {
      records[unit / 4] = view.getUint32(at, true);
      records[unit / 4 + 1] = view.getUint32(at + 4, true);
      for (let index = 0; index < 8; index++) copyNibbles(view, at + 8 + 16 * index, words, unit + index);
    }
  },
};
