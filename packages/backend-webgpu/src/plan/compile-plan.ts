import type { Graph } from "@bayling/core/backend";
import type { Kernel } from "../device/kernel.ts";
import { elementwise, elementwiseWorkgroups, swigluExpression } from "../kernels/elementwise.ts";
import { type EmbedShape, embed, embedWorkgroups } from "../kernels/embed.ts";
import {
  isAligned,
  type LinearEpilogue,
  type LinearSize,
  type LinearVariant,
  linearSizeData,
} from "../kernels/linear.ts";
import { linearTile, linearTileWorkgroups } from "../kernels/linear-tile.ts";
import {
  type LinearVectorVariant,
  linearVector,
  linearVectorLanes,
  linearVectorWorkgroups,
} from "../kernels/linear-vector.ts";
import { rmsNorm } from "../kernels/rms-norm.ts";
import { select, selectWorkgroups } from "../kernels/select.ts";
import type { GpuMatrix } from "../weights/gpu-matrix.ts";
import type { LayerWeights, ModelWeights } from "../weights/model-weights.ts";
import type { Activations } from "./activations.ts";
import { type AttentionResources, splitAttention, tiledAttention } from "./attention-plan.ts";
import type { FusedGraph, FusedLayer } from "./fuse-graph.ts";
import type { BatchExtent, Step } from "./program.ts";
import type { UniformPool } from "./uniform-pool.ts";

/** Everything on the GPU that a plan binds. */
export interface PlanResources extends AttentionResources {
  readonly graph: Graph;
  readonly fused: FusedGraph;
  readonly weights: ModelWeights;
  readonly uniforms: UniformPool;
  readonly subgroups: boolean;
}

/**
 * How products with weights are made: for a few rows at once, with norms as part of them, or by tiles for many.
 * `tokens` is how many rows share one reading of the weights.
 */
export type LinearMode = { readonly tokens: 1 | 2 | 4 | 8 } | "tiled";

export interface LayersMode {
  readonly linear: LinearMode;
  /** `split`: every row is another sequence that goes on by one token. `tiled`: pieces of any length. */
  readonly attention: "split" | "tiled";
}

/** From token ids to the residual stream behind the last layer. */
export function compileLayers(resources: PlanResources, mode: LayersMode): Step[] {
  const { fused, weights, activations, batch } = resources;
  const rows = mode.attention === "split" ? batch.decodeRows : batch.prefillRows;
  return [
    ...embedSteps(weights.table, rows, activations),
    ...fused.layers.flatMap((layer, index) => layerSteps(resources, mode, layer, weights.layers[index]!, index)),
  ];
}

/** From the residual stream to scores. `selected` takes the wanted rows first; without, they are the batch's first ones. */
export function compileScores(resources: PlanResources, linear: LinearMode, selected: boolean): Step[] {
  const { graph, fused, weights, activations } = resources;
  const { selected: chosen, hidden, states, shape } = activations;
  const { hiddenStride } = shape;
  const from = selected ? chosen : hidden;
  const steps = selected ? [selectStep(resources)] : [];
  const { epsilon } = fused.finalNorm;
  const width = graph.config.hiddenSize;
  const norm = { buffer: weights.finalNorm, epsilon };
  const target = { buffer: activations.scores, stride: shape.scoreStride };
  const source = { buffer: from, stride: hiddenStride };
  if (linear === "tiled") {
    steps.push(normStep(source, norm, { buffer: states, stride: hiddenStride }, width, outputs));
    steps.push(
      ...linearSteps(resources, linear, {
        matrix: weights.head,
        input: { buffer: states, stride: hiddenStride },
        output: target,
        epilogue: "store",
        count: outputs,
      }),
    );
  } else {
    steps.push(
      ...linearSteps(resources, linear, {
        matrix: weights.head,
        input: source,
        norm,
        output: target,
        epilogue: "store",
        count: outputs,
      }),
    );
  }
  return steps;
}

/** From the residual stream to the states behind the last norm, for embeddings. */
export function compileStates(resources: PlanResources): Step[] {
  const { graph, fused, weights, activations } = resources;
  const { hiddenStride } = activations.shape;
  return [
    selectStep(resources),
    normStep(
      { buffer: activations.selected, stride: hiddenStride },
      { buffer: weights.finalNorm, epsilon: fused.finalNorm.epsilon },
      { buffer: activations.states, stride: hiddenStride },
      graph.config.hiddenSize,
      outputs,
    ),
  ];
}

/** A buffer of rows. */
interface Rows {
  readonly buffer: GPUBuffer;
  readonly stride: number;
}

interface NormWeights {
  readonly buffer: GPUBuffer;
  readonly epsilon: number;
}

const rows = (batch: BatchExtent): number => batch.rows;
const outputs = (batch: BatchExtent): number => batch.outputs;

function embedSteps(table: GpuMatrix, rowBuffer: GPUBuffer, { hidden, shape }: Activations): Step[] {
  return table.parts.map((part) => {
    const embedding: EmbedShape = {
      ...{ layout: table.layout, rows: part.rows, firstRow: part.firstRow, columns: table.columns },
      ...{ outputStride: shape.hiddenStride, ids: "rows" },
    };
    const [x] = embedWorkgroups(embedding, 1);
    return {
      kernel: embed(embedding),
      buffers: [rowBuffer, ...part.bindings, hidden],
      workgroups: [x, rows, 1],
    };
  });
}

function layerSteps(
  resources: PlanResources,
  mode: LayersMode,
  layer: FusedLayer,
  weights: LayerWeights,
  index: number,
): Step[] {
  const { activations } = resources;
  const { hidden, normed, projected, attended, activated, shape } = activations;
  const { linear } = mode;
  const residual: Rows = { buffer: hidden, stride: shape.hiddenStride };
  const projection: Rows = { buffer: projected, stride: shape.projectionStride };
  const gated: Rows = { buffer: activated, stride: shape.feedForwardStride };

  /** The input of products behind a norm: the residual stream with the norm to apply, or a row that has it applied. */
  const normedInput = (buffer: GPUBuffer, { epsilon }: { readonly epsilon: number }) => {
    const norm = { buffer, epsilon };
    if (linear !== "tiled") return { steps: [], product: { input: residual, norm } };
    const target = { buffer: normed, stride: shape.hiddenStride };
    return {
      steps: [normStep(residual, norm, target, resources.graph.config.hiddenSize, rows)],
      product: { input: target },
    };
  };

  const attentionInput = normedInput(weights.attentionNorm, layer.attentionNorm);
  const feedForwardInput = normedInput(weights.feedForwardNorm, layer.feedForwardNorm);
  return [
    ...attentionInput.steps,
    ...weights.projections.flatMap(({ matrix, firstOutput }) =>
      linearSteps(resources, linear, {
        ...attentionInput.product,
        ...{ matrix, firstOutput, bias: weights.projectionBias, output: projection, epilogue: "store", count: rows },
      }),
    ),
    ...(mode.attention === "split" ? splitAttention : tiledAttention)(resources, index, weights.headNorms),
    ...linearSteps(resources, linear, {
      ...{ matrix: weights.output, input: { buffer: attended, stride: shape.attentionStride } },
      ...{ bias: weights.outputBias, output: residual, epilogue: "add", count: rows },
    }),
    ...feedForwardInput.steps,
    ...gateUpSteps(resources, linear, weights.gateUp, feedForwardInput.product, gated),
    ...linearSteps(resources, linear, {
      ...{ matrix: weights.down, input: gated },
      ...{ bias: weights.downBias, output: residual, epilogue: "add", count: rows },
    }),
  ];
}

function gateUpSteps(
  resources: PlanResources,
  linear: LinearMode,
  gateUp: LayerWeights["gateUp"],
  product: { readonly input: Rows; readonly norm?: NormWeights },
  output: Rows,
): Step[] {
  if ("layout" in gateUp) {
    return linearSteps(resources, linear, { ...product, matrix: gateUp, output, epilogue: "swiglu", count: rows });
  }
  const [gate, up] = gateUp;
  const upRows: Rows = { buffer: resources.activations.up!, stride: output.stride };
  const separate = { ...product, epilogue: "store", count: rows } as const;
  return [
    ...linearSteps(resources, linear, { ...separate, matrix: gate, output }),
    ...linearSteps(resources, linear, { ...separate, matrix: up, output: upRows }),
    {
      kernel: elementwise("swiglu", swigluExpression, { left: true, right: false }, output.stride),
      buffers: [upRows.buffer, output.buffer, resources.batch.rowCount],
      workgroups: [
        (batch) => elementwiseWorkgroups(batch.rows * output.stride)[0],
        (batch) => elementwiseWorkgroups(batch.rows * output.stride)[1],
        1,
      ],
    },
  ];
}

interface Product {
  readonly matrix: GpuMatrix;
  readonly input: Rows;
  /** Applied to each row of the input; not for tiles. */
  readonly norm?: NormWeights | undefined;
  readonly bias?: GPUBuffer | undefined;
  readonly output: Rows;
  /** Where the outputs of the matrix begin in a row. */
  readonly firstOutput?: number | undefined;
  readonly epilogue: LinearEpilogue;
  readonly count: (batch: BatchExtent) => number;
}

/** One step for every part of the matrix. */
function linearSteps(resources: PlanResources, mode: LinearMode, product: Product): Step[] {
  const { matrix, input, norm, bias, output, firstOutput = 0, epilogue, count } = product;
  const biases = bias === undefined ? [] : [bias];
  return matrix.parts.map((part) => {
    const size: LinearSize = {
      ...{ rows: part.rows, firstRow: firstOutput + part.firstRow, columns: matrix.columns },
      ...{ inputStride: input.stride, outputStride: output.stride },
    };
    const variant: LinearVariant = {
      ...{ layout: matrix.layout, aligned: isAligned(size), epilogue, bias: bias !== undefined },
    };
    const weightBytes = part.bindings.reduce((sum, binding) => sum + (binding.size ?? 0), 0);
    if (mode === "tiled") {
      const counter = count === rows ? resources.batch.rowCount : resources.batch.outputCount;
      const uniform = resources.uniforms.get(linearSizeData(size));
      const [x] = linearTileWorkgroups(size, 1);
      return {
        kernel: linearTile(variant),
        buffers: [input.buffer, ...part.bindings, ...biases, output.buffer, uniform, counter],
        workgroups: [x, (batch) => linearTileWorkgroups(size, count(batch))[1], 1],
        weightBytes,
      };
    }
    const { tokens } = mode;
    const vector: LinearVectorVariant = {
      ...{ ...variant, tokens, normEpsilon: norm?.epsilon, subgroups: resources.subgroups },
    };
    const uniform = resources.uniforms.get(linearSizeData(size, linearVectorLanes(size, vector)));
    const [x, , z] = linearVectorWorkgroups(size, vector, 1);
    const norms = norm === undefined ? [] : [norm.buffer];
    return {
      kernel: linearVector(vector),
      buffers: [input.buffer, ...norms, ...part.bindings, ...biases, output.buffer, uniform],
      workgroups: [x, (batch) => Math.ceil(count(batch) / tokens), z],
      weightBytes,
    };
  });
}

function normStep(
  input: Rows,
  { buffer, epsilon }: NormWeights,
  output: Rows,
  width: number,
  count: (batch: BatchExtent) => number,
): Step {
  const shape = { groupSize: width, epsilon, inputStride: input.stride, outputStride: output.stride, inPlace: false };
  const kernel: Kernel = rmsNorm(shape);
  return { kernel, buffers: [input.buffer, buffer, output.buffer], workgroups: [1, count, 1] };
}

function selectStep({ activations: { hidden, selected, shape }, batch }: PlanResources): Step {
  return {
    kernel: select(shape.hiddenStride),
    buffers: [hidden, batch.outputRows, selected],
    workgroups: [selectWorkgroups(shape.hiddenStride), outputs, 1],
  };
}
