/**
 * output[target + r] = Σ_i matrix[start + r · stride + i] · vector[vectorStart + i] for `count` rows of `length`
 * elements, summed in float64. The one hot loop of the CPU backend.
 *
 * Four rows share every load of the vector, and the loop is unrolled twice because V8 does not unroll. `| 0` tells V8
 * that an index cannot overflow, which it would check at every step. Together that halves the time.
 */
export function dotRows(
  matrix: Float32Array,
  start: number,
  stride: number,
  count: number,
  vector: Float64Array,
  vectorStart: number,
  length: number,
  output: Float32Array,
  target: number,
): void {
  const even = length & ~1;
  let row = 0;
  for (; row + 4 <= count; row += 4) {
    const first = (start + row * stride) | 0;
    const second = (first + stride) | 0;
    const third = (second + stride) | 0;
    const fourth = (third + stride) | 0;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = 0; i < even; i = (i + 2) | 0) {
      const x = vector[(vectorStart + i) | 0]!;
      const y = vector[(vectorStart + i + 1) | 0]!;
      sum0 += matrix[(first + i) | 0]! * x + matrix[(first + i + 1) | 0]! * y;
      sum1 += matrix[(second + i) | 0]! * x + matrix[(second + i + 1) | 0]! * y;
      sum2 += matrix[(third + i) | 0]! * x + matrix[(third + i + 1) | 0]! * y;
      sum3 += matrix[(fourth + i) | 0]! * x + matrix[(fourth + i + 1) | 0]! * y;
    }
    if (even < length) {
      const x = vector[vectorStart + even]!;
      sum0 += matrix[first + even]! * x;
      sum1 += matrix[second + even]! * x;
      sum2 += matrix[third + even]! * x;
      sum3 += matrix[fourth + even]! * x;
    }
    output[target + row] = sum0;
    output[target + row + 1] = sum1;
    output[target + row + 2] = sum2;
    output[target + row + 3] = sum3;
  }
  for (; row < count; row++) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += matrix[start + row * stride + i]! * vector[vectorStart + i]!;
    output[target + row] = sum;
  }
}
