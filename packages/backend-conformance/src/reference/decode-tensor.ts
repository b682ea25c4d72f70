import type { MemoryTensor } from "../tiny-llama/tiny-llama.ts";

/** The exact values of a stored tensor. Only here does the reference share code with core: its dequantizers. */
export function decodeTensor({ type, bytes }: MemoryTensor): Float64Array {
  if (type !== "F32") throw new Error("not yet");
  return Float64Array.from(new Float32Array(bytes.buffer));
}
