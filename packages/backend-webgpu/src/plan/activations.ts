import type { Graph } from "@bayling/core/backend";
import type { GpuContext } from "../device/gpu-context.ts";
import { halvedRowsBytes } from "../kernels/halve-rows.ts";
import { unitSize } from "../weights/weight-layout.ts";

/** Rows that the plan for single tokens takes at once; from there on products by tiles are faster. */
const maxDecodeRows = 16;

/** Bytes that the scores of one pass may take; more rows than fit go in several. */
const scoreBytes = 32 * 2 ** 20;

/** Sizes of everything that lies between two steps of a plan, in elements; rows are padded to whole units. */
export interface ActivationShape {
  readonly maxTokens: number;
  readonly scoreRows: number;
  readonly hiddenStride: number;
  /** A row: [query | key | value] */
  readonly projectionStride: number;
  readonly attentionStride: number;
  readonly feedForwardStride: number;
  readonly scoreStride: number;
  /** Elements of the partial results of split attention. */
  readonly partials: number;
  /** How many halves each number becomes for products that read halves; 0 where none do. */
  readonly inputHalves: 0 | 1 | 2;
}

/** Without what depends on the number of sequences and on the tier. */
export function activationShape({ config }: Graph, maxTokens: number): ActivationShape {
  const { hiddenSize, intermediateSize, vocabularySize, numAttentionHeads, numKeyValueHeads, headSize } = config;
  const scoreStride = padded(vocabularySize);
  return {
    maxTokens,
    scoreRows: Math.min(maxTokens, Math.max(maxDecodeRows, Math.floor(scoreBytes / (scoreStride * 4)))),
    hiddenStride: padded(hiddenSize),
    projectionStride: padded((numAttentionHeads + 2 * numKeyValueHeads) * headSize),
    attentionStride: padded(numAttentionHeads * headSize),
    feedForwardStride: padded(intermediateSize),
    scoreStride,
    partials: 0,
    inputHalves: 0,
  };
}

function padded(width: number): number {
  return Math.ceil(width / unitSize) * unitSize;
}

/** The buffers between the steps of a plan, made once and used by every layer. */
export interface Activations {
  readonly shape: ActivationShape;
  /** The residual stream, [maxTokens, hiddenStride]. */
  readonly hidden: GPUBuffer;
  /** [maxTokens, hiddenStride] */
  readonly normed: GPUBuffer;
  /** [maxTokens, projectionStride] */
  readonly projected: GPUBuffer;
  /** [maxTokens, attentionStride] */
  readonly attended: GPUBuffer;
  /** [maxTokens, feedForwardStride] */
  readonly activated: GPUBuffer;
  /** Only where gate and up cannot be multiplied together: [maxTokens, feedForwardStride]. */
  readonly up: GPUBuffer | undefined;
  /** Rows whose scores or states are wanted, [scoreRows, hiddenStride], before and after the last norm. */
  readonly selected: GPUBuffer;
  readonly states: GPUBuffer;
  /** [scoreRows, scoreStride] */
  readonly scores: GPUBuffer;
  readonly partials: GPUBuffer;
  /** Input of products that read halves: [maxTokens, the longest row] and [maxTokens]. */
  readonly halves: GPUBuffer | undefined;
  readonly factors: GPUBuffer | undefined;
}

/** Bytes of all buffers of {@link createActivations}, for the memory plan. */
export function activationBytes(shape: ActivationShape, separateUp: boolean): number {
  return Object.values(sizes(shape, separateUp)).reduce((sum, length) => sum + length * 4, 0);
}

/** Zeros; padding behind a row's end is never written, and so stays zero, which products with padded weights need. */
export function createActivations(context: GpuContext, shape: ActivationShape, separateUp: boolean): Activations {
  const lengths = sizes(shape, separateUp);
  const create = (name: keyof typeof lengths) => context.createStorage(name, lengths[name] * 4);
  return {
    shape,
    hidden: create("hidden"),
    normed: create("normed"),
    projected: create("projected"),
    attended: create("attended"),
    activated: create("activated"),
    up: separateUp ? create("up") : undefined,
    selected: create("selected"),
    states: create("states"),
    scores: create("scores"),
    partials: create("partials"),
    halves: shape.inputHalves === 0 ? undefined : create("halves"),
    factors: shape.inputHalves === 0 ? undefined : create("factors"),
  };
}

/** Products of a few rows at once also write those that fill up the last few. */
const rowsAtOnce = 8;

function sizes(shape: ActivationShape, separateUp: boolean) {
  const { hiddenStride, feedForwardStride, attentionStride, inputHalves } = shape;
  const maxTokens = Math.ceil(shape.maxTokens / rowsAtOnce) * rowsAtOnce;
  const scoreRows = Math.ceil(shape.scoreRows / rowsAtOnce) * rowsAtOnce;
  const longestRow = Math.max(hiddenStride, feedForwardStride, attentionStride);
  return {
    hidden: maxTokens * hiddenStride,
    normed: maxTokens * hiddenStride,
    projected: maxTokens * shape.projectionStride,
    attended: maxTokens * attentionStride,
    activated: maxTokens * feedForwardStride,
    up: separateUp ? maxTokens * feedForwardStride : 0,
    selected: scoreRows * hiddenStride,
    states: scoreRows * hiddenStride,
    scores: scoreRows * shape.scoreStride,
    partials: shape.partials,
    halves: inputHalves === 0 ? 0 : halvedRowsBytes(maxTokens, longestRow, inputHalves) / 4,
    factors: inputHalves === 0 ? 0 : maxTokens,
  };
}
