export type {
  Backend,
  Capabilities,
  DeviceInfo,
  LoadedModel,
  LoadProgress,
  ProbeResult,
  TokenMask,
  Want,
} from "./backend/backend.ts";
export type { ChatOptions, ChatSession, ReplyOptions } from "./chat-session.ts";
export { BayLingError, type ErrorCode, type ErrorDetails } from "./errors.ts";
export { type Dequantizer, dequantize, dequantizer } from "./formats/dequantize.ts";
export { tensorTypeLayout } from "./formats/foreign-tensor-types.ts";
export {
  type GgufArray,
  type GgufEntry,
  GgufMetadata,
  type GgufNumberType,
  GgufStringArray,
  type GgufValue,
  type GgufValueType,
} from "./formats/gguf-metadata.ts";
export {
  type GgufFile,
  type GgufInput,
  type GgufTensor,
  readGguf,
} from "./formats/gguf-reader.ts";
export {
  type GgufContent,
  type GgufTensorBytes,
  type GgufTensorDescription,
  type GgufTensorInput,
  writeGguf,
} from "./formats/gguf-writer.ts";
export type { ReadTensorOptions } from "./formats/read-tensor.ts";
export {
  isTensorType,
  rowBytes,
  type TensorType,
  type TensorTypeLayout,
  tensorTypeNames,
  tensorTypes,
} from "./formats/tensor-types.ts";
export type { Hypothesis } from "./generation/beam-search.ts";
export type { FinishReason } from "./generation/generate.ts";
export type { Generation, GenerationUsage } from "./generation/generation.ts";
export type {
  ContextFullStrategy,
  GenerateOptions,
  LogitsContext,
  LogitsProcessor,
} from "./generation/generation-options.ts";
export type { EvaluateOptions, Evaluation, SampleOptions, Sequence } from "./generation/sequence.ts";
export type { GeneratedToken, TokenAlternative } from "./generation/text-stream.ts";
export type * from "./graph/graph.ts";
export { buildGraph } from "./graph/llama-graph.ts";
export type { Architecture, ModelConfig, RopeConfig, RopePairing, RopeScaling } from "./graph/model-config.ts";
export { printGraph } from "./graph/print-graph.ts";
export { type LoadModelOptions, loadModel } from "./load-model.ts";
export type { AdapterInput } from "./loading/adapters/adapter.ts";
export { loadFolderTokenizer } from "./loading/folder-tokenizer.ts";
export { readGgufModel } from "./loading/gguf-model.ts";
export type { HuggingFaceTokenizer } from "./loading/hugging-face-tokenizer.ts";
export { type ModelFiles, type OpenModelOptions, openModelFiles } from "./loading/model-files.ts";
export { type MemoryPlan, type MemoryPlanOptions, planMemory } from "./memory-plan.ts";
export type { Model, Prompt } from "./model.ts";
export type { ChatMessage, ChatTemplate, RenderOptions } from "./prompt/chat-template.ts";
export type { DialoguePrompt } from "./prompt/dialogue-encoder.ts";
export { logSoftmax } from "./sampling/log-softmax.ts";
export type { SamplingSpec } from "./sampling/sampling-spec.ts";
export { maskOf } from "./sampling/token-mask.ts";
export { type TopScores, topScores } from "./sampling/top-scores.ts";
export type { SinkOutput } from "./sources/byte-sink.ts";
export type { ByteSource, ReadOptions } from "./sources/byte-source.ts";
export { isFolder, type ModelSource } from "./sources/is-folder.ts";
export { openSource, type SourceInput } from "./sources/open-source.ts";
export { loadTokenizer, type TokenizerJson } from "./tokenizer/load-tokenizer.ts";
export type { DecodeOptions, EncodeOptions, TextPart, TokenDecoder, Tokenizer } from "./tokenizer/tokenizer.ts";
export { createTokenizerFromGguf } from "./tokenizer/tokenizer-from-gguf.ts";
