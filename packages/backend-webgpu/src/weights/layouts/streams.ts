import type { WeightStream } from "../weight-layout.ts";

/**
 * Low nibbles of four words are elements 0–15 of a unit, four a word, high nibbles elements 16–31: the order of GGUF's
 * blocks of 32.
 */
export const nibbles: WeightStream = {
  name: "weightQuants",
  type: "array<vec4<u32>>",
  bytes: (units) => units * 16,
};

/** One half a unit, two in a word. */
export const scales: WeightStream = {
  name: "weightScales",
  type: "array<u32>",
  bytes: (units) => Math.ceil(units / 2) * 4,
};

/** A scale and an offset a unit, both halves, in one word. */
export const scalesAndOffsets: WeightStream = {
  name: "weightScales",
  type: "array<u32>",
  bytes: (units) => units * 4,
};

/** WGSL: the half of unit `index` in {@link scales}. */
export const loadScale: string = "unpack2x16float(weightScales[index >> 1u] >> ((index & 1u) << 4u)).x";

/** The word of the nibbles of a part, and how far to shift it right. */
export function nibbleWord(unit: string, part: number): { word: string; shift: 0 | 4 } {
  return { word: `${unit}.quants.${"xyzw"[part % 4]}`, shift: part < 4 ? 0 : 4 };
}

/** A WGSL expression for the four nibbles of a part, as bytes. */
export function nibbleBytes(unit: string, part: number): string {
  const { word, shift } = nibbleWord(unit, part);
  return shift === 0 ? `(${word} & 0x0f0f0f0fu)` : `((${word} >> 4u) & 0x0f0f0f0fu)`;
}

/** The same bytes as words. GPUs and all machines that drive them are little-endian. */
export function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}

export function halvesOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength >> 1);
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Copies the 16 bytes of nibbles of a GGUF block of 32. */
export function copyNibbles(source: DataView, at: number, words: Uint32Array, unit: number): void {
  words[4 * unit] = source.getUint32(at, true);
  words[4 * unit + 1] = source.getUint32(at + 4, true);
  words[4 * unit + 2] = source.getUint32(at + 8, true);
  words[4 * unit + 3] = source.getUint32(at + 12, true);
}

/** Makes two units of 32 bytes whose low nibbles are the elements of one and whose high nibbles those of the other. */
export function splitNibbles(source: DataView, at: number, words: Uint32Array, low: number, high: number): void {
  for (let word = 0; word < 4; word++) {
    const first = source.getUint32(at + 4 * word, true);
    const second = source.getUint32(at + 16 + 4 * word, true);
    words[4 * low + word] = (first & 0x0f0f0f0f) | ((second & 0x0f0f0f0f) << 4);
    words[4 * high + word] = ((first >>> 4) & 0x0f0f0f0f) | (second & 0xf0f0f0f0);
  }
}
