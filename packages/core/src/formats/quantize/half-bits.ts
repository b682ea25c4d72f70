const float: Float32Array = new Float32Array(1);
const word: Uint32Array = new Uint32Array(float.buffer);

/** The largest finite IEEE 754 half. */
export const largestHalf = 65_504;

/**
 * The 16 bits of the IEEE 754 half that is nearest to a number, of two equally near ones the even one. The number is
 * rounded to float32 first, as everything in ggml is; from 65520 on the result is infinity.
 */
export function halfBits(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude < 0x38800000) {
    // Subnormal halves are multiples of 2^-24, and so are the float32 from 0.5 to 1: the sum rounds as it must.
    float[0] = Math.abs(float[0]!) + 0.5;
    return sign | (word[0]! - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Writes a half, little-endian. */
export function writeHalf(bits: number, output: Uint8Array, at: number): void {
  output[at] = bits & 0xff;
  output[at + 1] = bits >>> 8;
}
