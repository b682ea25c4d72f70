import { rowBytes, type TensorType, tensorTypes } from "@bayling/core/backend";
import type { MatrixSource } from "../upload.ts";

/** Where the halves of a block are. */
export const halvesOfBlock: Readonly<Partial<Record<TensorType, readonly number[]>>> = {
  F16: [0],
  BF16: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  IQ4_NL: [0],
  IQ4_XS: [0],
};

/** Bytes that look random and are the same in every run (xorshift: Marsaglia, "Xorshift RNGs", 2003). */
function randomBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  });
}

/**
 * Random bytes: [rows, columns] of a type. Halves and floats have any bits but those of infinities and NaNs, and the
 * scales of MXFP4 are no subnormal floats.
 */
export function randomBlocks(type: TensorType, rows: number, columns: number): Uint8Array<ArrayBuffer> {
  const bytes = randomBytes(rows * 65_537 + columns, rows * rowBytes(type, columns));
  const { blockBytes } = tensorTypes[type];
  const exponentBytes = type === "F32" ? [3] : (halvesOfBlock[type] ?? []).map((at) => at + 1);
  for (let block = 0; block < bytes.length; block += blockBytes) {
    if (type === "MXFP4") bytes[block] = Math.max(2, bytes[block]!);
    // One bit of an exponent is cleared: then it is not the one of infinities and NaNs.
    for (const at of exponentBytes) if ((bytes[block + at]! & 0x7c) === 0x7c) bytes[block + at]! &= ~0x20;
  }
  return bytes;
}

/** A matrix in memory. */
export function memorySource(
  type: TensorType,
  rows: number,
  columns: number,
  bytes: Uint8Array<ArrayBuffer> = randomBlocks(type, rows, columns),
): MatrixSource {
  return {
    ...{ name: `${type} [${rows}, ${columns}]`, type, rows, columns, byteLength: bytes.length },
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

/** Vitest compares arrays element by element, which takes seconds for long ones. */
export function sameBits(left: Float32Array, right: Float32Array): boolean {
  const [leftBits, rightBits] = [left, right].map(
    ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length),
  );
  return left.length === right.length && leftBits!.every((bits, index) => bits === rightBits![index]);
}
