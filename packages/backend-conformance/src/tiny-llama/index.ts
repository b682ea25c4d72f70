export {
  type MemoryTensor,
  MemoryWeights,
  type TinyLlama,
  type TinyLlamaOptions,
  tinyConfig,
  tinyLlama,
} from "./tiny-llama.ts";
