import { rowBytes, type TensorType, tensorTypes } from "@bayling/core/backend";
import { encodeBrainFloat, encodeHalf } from "./half.ts";
import type { Random } from "./random.ts";

/**
 * How to make a random block of a type: every byte is random (all bit patterns of the quants and sub-scales are
 * valid), then the block's scales are set so that the values have the wanted deviation and a mean near zero.
 */
interface BlockRecipe {
  /** Where the scale `d` (f16) is. */
  readonly scale: number;
  /** Deviation of the values when d = 1, with uniformly random bytes. */
  readonly deviation: number;
  /** Where the offset `m` or `dmin` (f16) is, and its size in units of d. */
  readonly offset?: { readonly at: number; readonly ratio: number };
}

const recipes: Readonly<Partial<Record<TensorType, BlockRecipe>>> = {
  Q4_0: { scale: 0, deviation: 4.6 },
  Q4_1: { scale: 0, deviation: 4.6, offset: { at: 2, ratio: -7.5 } },
  Q5_0: { scale: 0, deviation: 9.2 },
  Q5_1: { scale: 0, deviation: 9.2, offset: { at: 2, ratio: -15.5 } },
  Q8_0: { scale: 0, deviation: 74 },
  Q2_K: { scale: 80, deviation: 14, offset: { at: 82, ratio: 1.5 } },
  Q3_K: { scale: 108, deviation: 43 },
  Q4_K: { scale: 0, deviation: 257, offset: { at: 2, ratio: 7.5 } },
  Q5_K: { scale: 0, deviation: 524, offset: { at: 2, ratio: 15.5 } },
  Q6_K: { scale: 208, deviation: 1366 },
  IQ4_NL: { scale: 0, deviation: 70 },
  IQ4_XS: { scale: 0, deviation: 1295 },
};

/** Random valid bytes of `rows` × `columns` elements of a type; columns must be a multiple of its block size. */
export function randomTensor(
  random: Random,
  type: TensorType,
  rows: number,
  columns: number,
  deviation: number,
): Uint8Array<ArrayBuffer> {
  const { blockSize, blockBytes } = tensorTypes[type];
  if (columns % blockSize !== 0) throw new Error(`${type} takes rows of a multiple of ${blockSize}, got ${columns}`);
  const bytes = random.bytes(rows * rowBytes(type, columns));
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < bytes.length; block += blockBytes) {
    switch (type) {
      case "F32":
        view.setFloat32(block, random.normal(deviation), true);
        break;
      case "F16":
        view.setUint16(block, encodeHalf(random.normal(deviation)), true);
        break;
      case "BF16":
        view.setUint16(block, encodeBrainFloat(random.normal(deviation)), true);
        break;
      case "MXFP4": // an E8M0 scale, and E2M1 values whose root mean square is 2.93
        bytes[block] = 127 + Math.round(Math.log2(deviation / 2.93)) + (random.below(3) - 1);
        break;
      default: {
        const recipe = recipes[type]!;
        const scale = (deviation / recipe.deviation) * random.uniform(0.75, 1.25);
        view.setUint16(block + recipe.scale, encodeHalf(scale), true);
        if (recipe.offset) view.setUint16(block + recipe.offset.at, encodeHalf(scale * recipe.offset.ratio), true);
      }
    }
  }
  return bytes;
}
