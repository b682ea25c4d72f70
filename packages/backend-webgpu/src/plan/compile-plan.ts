import type { Graph } from "@bayling/core/backend";
import { elementwise, elementwiseWorkgroups, swigluExpression } from "../kernels/elementwise.ts";
import { type EmbedShape, embed, embedWorkgroups } from "../kernels/embed.ts";
import { select, selectWorkgroups } from "../kernels/select.ts";
import type { GpuMatrix } from "../weights/gpu-matrix.ts";
import type { LayerWeights, ModelWeights } from "../weights/model-weights.ts";
import type { Activations } from "./activations.ts";
import { type AttentionResources, splitAttention, tiledAttention } from "./attention-plan.ts";
import type { FusedGraph, FusedLayer } from "./fuse-graph.ts";
import {
  type LinearInput,
  type LinearMode,
  type LinearResources,
  linearInput,
  linearSteps,
  normStep,
  type RowCount,
  type Rows,
} from "./linear-steps.ts";
import type { Step } from "./program.ts";

/** Everything on the GPU that a plan binds. */
export interface PlanResources extends AttentionResources, LinearResources {
  readonly graph: Graph;
  readonly fused: FusedGraph;
  readonly weights: ModelWeights;
}

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
  const { fused, weights, activations } = resources;
  const from = residualRows(resources, selected ? activations.selected : activations.hidden);
  const norm = { buffer: weights.finalNorm, epsilon: fused.finalNorm.epsilon };
  const normed = linearInput(resources, linear, from, outputCount(resources), norm);
  const output = { buffer: activations.scores, stride: activations.shape.scoreStride };
  return [
    ...(selected ? [selectStep(resources)] : []),
    ...normed.steps,
    ...linearSteps(resources, linear, { matrix: weights.head, input: normed.input, output, epilogue: "store" }),
  ];
}

/** From the residual stream to the states behind the last norm, for embeddings. */
export function compileStates(resources: PlanResources): Step[] {
  const { fused, weights, activations } = resources;
  const norm = { buffer: weights.finalNorm, epsilon: fused.finalNorm.epsilon };
  const [selected, states] = [activations.selected, activations.states].map((buffer) =>
    residualRows(resources, buffer),
  );
  return [selectStep(resources), normStep(selected!, norm, states!, outputCount(resources))];
}

/** Rows of the model's width. */
function residualRows({ graph, activations: { shape } }: PlanResources, buffer: GPUBuffer): Rows {
  return { buffer, stride: shape.hiddenStride, width: graph.config.hiddenSize };
}

function rowCount({ batch }: PlanResources): RowCount {
  return { of: ({ rows }) => rows, uniform: batch.rowCount };
}

function outputCount({ batch }: PlanResources): RowCount {
  return { of: ({ outputs }) => outputs, uniform: batch.outputCount };
}

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
      workgroups: [x, ({ rows }) => rows, 1],
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
  const { graph, activations } = resources;
  const { projected, attended, activated, shape } = activations;
  const { intermediateSize, numAttentionHeads, headSize } = graph.config;
  const { linear } = mode;
  const residual = residualRows(resources, activations.hidden);
  const projection = { buffer: projected, stride: shape.projectionStride };
  const attentionRows = { buffer: attended, stride: shape.attentionStride, width: numAttentionHeads * headSize };
  const gatedRows = { buffer: activated, stride: shape.feedForwardStride, width: intermediateSize };

  const inputOf = (rows: Rows) => linearInput(resources, linear, rows, rowCount(resources));
  const normedInput = (buffer: GPUBuffer, { epsilon }: { readonly epsilon: number }) =>
    linearInput(resources, linear, residual, rowCount(resources), { buffer, epsilon });
  const attentionInput = normedInput(weights.attentionNorm, layer.attentionNorm);
  const attentionOutput = inputOf(attentionRows);
  const feedForwardInput = normedInput(weights.feedForwardNorm, layer.feedForwardNorm);
  const feedForwardOutput = inputOf(gatedRows);
  return [
    ...attentionInput.steps,
    ...weights.projections.flatMap(({ matrix, firstOutput }) =>
      linearSteps(resources, linear, {
        ...{ matrix, input: attentionInput.input, bias: weights.projectionBias },
        ...{ output: projection, firstOutput, epilogue: "store" },
      }),
    ),
    ...(mode.attention === "split" ? splitAttention : tiledAttention)(resources, index, weights.headNorms),
    ...attentionOutput.steps,
    ...linearSteps(resources, linear, {
      ...{ matrix: weights.output, input: attentionOutput.input, bias: weights.outputBias },
      ...{ output: residual, epilogue: "add" },
    }),
    ...feedForwardInput.steps,
    ...gateUpSteps(resources, linear, weights.gateUp, feedForwardInput.input, gatedRows),
    ...feedForwardOutput.steps,
    ...linearSteps(resources, linear, {
      ...{ matrix: weights.down, input: feedForwardOutput.input, bias: weights.downBias },
      ...{ output: residual, epilogue: "add" },
    }),
  ];
}

function gateUpSteps(
  resources: PlanResources,
  linear: LinearMode,
  gateUp: LayerWeights["gateUp"],
  input: LinearInput,
  output: Rows,
): Step[] {
  if ("layout" in gateUp) return linearSteps(resources, linear, { matrix: gateUp, input, output, epilogue: "swiglu" });
  const [gate, up] = gateUp;
  const upRows: Rows = { ...output, buffer: resources.activations.up! };
  return [
    ...linearSteps(resources, linear, { matrix: gate, input, output, epilogue: "store" }),
    ...linearSteps(resources, linear, { matrix: up, input, output: upRows, epilogue: "store" }),
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

function selectStep({ activations: { hidden, selected, shape }, batch }: PlanResources): Step {
  return {
    kernel: select(shape.hiddenStride),
    buffers: [hidden, batch.outputRows, selected],
    workgroups: [selectWorkgroups(shape.hiddenStride), ({ outputs }) => outputs, 1],
  };
}
