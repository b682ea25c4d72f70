export {
  type MemoryTensor,
  MemoryWeights,
  type TinyLlama,
  type TinyLlamaOptions,
  tinyConfig,
  tinyLlama,
} from "./tiny-llama.ts";
export { tinyLlamaBytes, tinyLlamaOfFile, writeTinyLlama } from "./tiny-llama-file.ts";
