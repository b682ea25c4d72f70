export { BayLingError, type ErrorCode, type ErrorDetails } from "../errors.ts";
export { type Dequantizer, dequantize, dequantizer } from "../formats/dequantize.ts";
export {
  rowBytes,
  type TensorType,
  type TensorTypeLayout,
  tensorTypeNames,
  tensorTypes,
} from "../formats/tensor-types.ts";
export type * from "../graph/graph.ts";
export { buildGraph } from "../graph/llama-graph.ts";
export type * from "../graph/model-config.ts";
export { type RopeHead, type RowOrder, reorderRows, ropeRowOrder } from "../graph/rope-rows.ts";
export { invalidScores, type SamplingState, sampleToken } from "../sampling/sampler.ts";
export type { SamplingSpec } from "../sampling/sampling-spec.ts";
export { applyMask } from "../sampling/token-mask.ts";
export { type TopScores, topScores } from "../sampling/top-scores.ts";
export type * from "./backend.ts";
export type * from "./compute-device.ts";
export { continueSampling } from "./continue-sampling.ts";
export { createGraphBackend } from "./graph-backend.ts";
