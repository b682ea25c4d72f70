import type { WeightStream } from "../weight-layout.ts";
import { movedBits } from "./byte-values.ts";

/** One bit an element, one word a unit: bit `part` of byte b belongs to element 4 · part + b. */
export const singleBits: WeightStream = {
  name: "weightBits",
  type: "array<u32>",
  bytes: (units) => units * 4,
};

/** A WGSL expression for the bits of a part, at bit `to` of each byte. */
export function singleBitBytes(unit: string, part: number, to: number): string {
  return movedBits(`${unit}.bits`, part, to, 1 << to);
}

/** Two bits an element, two words a unit: bits 2 · (part mod 4) of byte b of word ⌊part / 4⌋ belong to element 4 · part + b. */
export function bitPairs(name: string): WeightStream {
  return { name, type: "array<vec2<u32>>", bytes: (units) => units * 8 };
}

/** The word of the pairs of a part, and the bit of its bytes where they begin. */
export function bitPairWord(plane: string, part: number): { word: string; position: number } {
  return { word: `${plane}.${part < 4 ? "x" : "y"}`, position: 2 * (part % 4) };
}

/** A WGSL expression for the pairs of a part, from bit `to` of each byte on. */
export function bitPairBytes(plane: string, part: number, to: number): string {
  const { word, position } = bitPairWord(plane, part);
  return movedBits(word, position, to, 3 << to);
}

/** Makes {@link singleBits} of a word whose bit i belongs to element i. */
export function spreadBits(bits: number): number {
  let spread = 0;
  for (let part = 0; part < 8; part++) {
    // The product has the four bits at distances of 7, of which those at 0, 8, 16 and 24 are bits 0, 1, 2 and 3.
    spread |= ((((bits >>> (4 * part)) & 15) * 0x00204081) & 0x01010101) << part;
  }
  return spread;
}

/** Makes {@link singleBits} of 8 units of 32 bytes, where bit u of byte i belongs to element i of unit u. */
export function transposeBits(source: DataView, at: number, words: Uint32Array, firstUnit: number): void {
  for (let half = 0; half < 2; half++) {
    const first = source.getUint32(at + 16 * half, true);
    const second = source.getUint32(at + 16 * half + 4, true);
    const third = source.getUint32(at + 16 * half + 8, true);
    const fourth = source.getUint32(at + 16 * half + 12, true);
    for (let unit = 0; unit < 8; unit++) {
      const bits =
        ((first >>> unit) & 0x01010101) |
        (((second >>> unit) & 0x01010101) << 1) |
        (((third >>> unit) & 0x01010101) << 2) |
        (((fourth >>> unit) & 0x01010101) << 3);
      words[firstUnit + unit] = half === 0 ? bits : words[firstUnit + unit]! | (bits << 4);
    }
  }
}

/** Makes {@link bitPairs} of 8 units of twice 32 bytes, where bits 2u of byte i belong to element i of unit u of four. */
export function transposePairs(source: DataView, at: number, words: Uint32Array, firstUnit: number): void {
  for (let quarter = 0; quarter < 4; quarter++) {
    const first = source.getUint32(at + 16 * quarter, true);
    const second = source.getUint32(at + 16 * quarter + 4, true);
    const third = source.getUint32(at + 16 * quarter + 8, true);
    const fourth = source.getUint32(at + 16 * quarter + 12, true);
    const word = 2 * (firstUnit + 4 * (quarter >> 1)) + (quarter & 1);
    for (let unit = 0; unit < 4; unit++) {
      words[word + 2 * unit] =
        ((first >>> (2 * unit)) & 0x03030303) |
        (((second >>> (2 * unit)) & 0x03030303) << 2) |
        (((third >>> (2 * unit)) & 0x03030303) << 4) |
        (((fourth >>> (2 * unit)) & 0x03030303) << 6);
    }
  }
}
