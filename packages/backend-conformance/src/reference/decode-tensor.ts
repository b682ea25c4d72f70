import { dequantize } from "@bayling/core/backend";
import type { MemoryTensor } from "../tiny-llama/tiny-llama.ts";

/** The exact values of a stored tensor. Only here does the reference share code with core: its dequantizers. */
export function decodeTensor({ type, shape, bytes }: MemoryTensor): Float64Array {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float64Array.from(dequantize(type, bytes, length));
}
