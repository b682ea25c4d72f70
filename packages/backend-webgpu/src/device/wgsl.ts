/** A number as a WGSL literal that is never taken for an integer. */
export function float(value: number): string {
  return `f32(${value})`;
}

/** 0 … count − 1, to write code that WGSL has no loop for. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
