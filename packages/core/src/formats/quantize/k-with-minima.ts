import { writeHalf } from "./half-bits.ts";
import type { Quantizer } from "./quantizer.ts";
import { fitScaledMinima, type ScaledMinima } from "./scaled-minima.ts";

/** Q4_K, 256 elements in 144 bytes: two halves, packed scales and minima, nibbles. The layout is that of the decoder. */
export const quantizeQ4_K: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  let at = byteOffset;
  for (let block = valueOffset; block < valueOffset + length; block += 256, at += 144) {
    const fitted = fitScaledMinima(values, block, 15);
    writeScales(fitted, output, at);
    writeNibbles(fitted.quants, output, at + 16);
  }
};

/** Q5_K, 256 elements in 176 bytes: as Q4_K, with 32 bytes of fifth bits before the nibbles, a bit a sub-block. */
export const quantizeQ5_K: Quantizer = (values, valueOffset, length, output, byteOffset) => {
  let at = byteOffset;
  for (let block = valueOffset; block < valueOffset + length; block += 256, at += 176) {
    const fitted = fitScaledMinima(values, block, 31);
    writeScales(fitted, output, at);
    for (let index = 0; index < 32; index++) {
      let bits = 0;
      for (let subBlock = 0; subBlock < 8; subBlock++) {
        bits |= (fitted.quants[subBlock * 32 + index]! >> 4) << subBlock;
      }
      output[at + 16 + index] = bits;
    }
    writeNibbles(fitted.quants, output, at + 48);
  }
};

/** Both halves, and the 12 bytes that `subBlockScale` and `subBlockMinimum` read. */
function writeScales(fitted: ScaledMinima, output: Uint8Array, at: number): void {
  const { scaleCodes, minimumCodes } = fitted;
  writeHalf(fitted.scaleBits, output, at);
  writeHalf(fitted.minimumBits, output, at + 2);
  for (let subBlock = 0; subBlock < 4; subBlock++) {
    const scale = scaleCodes[subBlock + 4]!;
    const minimum = minimumCodes[subBlock + 4]!;
    output[at + 4 + subBlock] = scaleCodes[subBlock]! | ((scale >> 4) << 6);
    output[at + 8 + subBlock] = minimumCodes[subBlock]! | ((minimum >> 4) << 6);
    output[at + 12 + subBlock] = (scale & 15) | ((minimum & 15) << 4);
  }
}

function writeNibbles(quants: Uint8Array, output: Uint8Array, at: number): void {
  for (let pair = 0; pair < 4; pair++) {
    for (let index = 0; index < 32; index++) {
      const low = quants[pair * 64 + index]!;
      const high = quants[pair * 64 + 32 + index]!;
      output[at + pair * 32 + index] = (low & 15) | ((high & 15) << 4);
    }
  }
}
