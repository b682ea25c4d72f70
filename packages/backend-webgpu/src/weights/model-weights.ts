import { dequantize, type LoadedModel, type LoadOptions, type WeightReference } from "@bayling/core/backend";
import type { GpuContext } from "../device/gpu-context.ts";
import type { FusedGraph, FusedLayer, Norm, Projection } from "../plan/fuse-graph.ts";
import type { GpuMatrix } from "./gpu-matrix.ts";
import { type MatrixSource, matrixBytes, uploadMatrix, uploadVector } from "./upload.ts";

/** Matrices of one type with the same input, laid together so that one dispatch multiplies them all. */
export interface ProjectionGroup {
  readonly matrix: GpuMatrix;
  /** Where its outputs begin in the row that all groups of a layer write together. */
  readonly firstOutput: number;
}

export interface LayerWeights {
  readonly attentionNorm: GPUBuffer;
  /** Query, key and value; one group where their types are equal. */
  readonly projections: readonly ProjectionGroup[];
  /** [query | key | value], where at least one of them has a bias. */
  readonly projectionBias: GPUBuffer | undefined;
  /** [query norm | key norm], [2, headSize] */
  readonly headNorms: GPUBuffer | undefined;
  readonly output: GpuMatrix;
  readonly outputBias: GPUBuffer | undefined;
  readonly feedForwardNorm: GPUBuffer;
  /** Rows of gate and up in turn where their types are equal, else one after the other. */
  readonly gateUp: GpuMatrix | readonly [gate: GpuMatrix, up: GpuMatrix];
  readonly down: GpuMatrix;
  readonly downBias: GPUBuffer | undefined;
}

export interface ModelWeights {
  readonly table: GpuMatrix;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: GPUBuffer;
  /** The table itself where embeddings are tied. */
  readonly head: GpuMatrix;
}

/** Bytes that the weights take on the GPU, before anything is read. */
export function modelWeightBytes({ graph, weights }: LoadedModel): number {
  return graph.weights.reduce((sum, { name, shape }) => {
    return sum + (shape.length === 1 ? shape[0] * 4 : matrixBytes(weights.get(name).type, shape[0], shape[1]));
  }, 0);
}

/** Brings all weights onto the GPU, piece by piece. @throws BayLingError `out-of-memory`, errors of reading; the signal's reason */
export async function uploadModelWeights(
  context: GpuContext,
  model: LoadedModel,
  fused: FusedGraph,
  options: Pick<LoadOptions, "onProgress" | "signal"> & { readonly maxBindingBytes?: number | undefined },
): Promise<ModelWeights> {
  return new WeightUploader(context, model, options).upload(fused);
}

/** Whether some layer's gate and up have different types, so that they cannot be multiplied together. */
export function hasSeparateUp({ weights }: LoadedModel, { layers }: FusedGraph): boolean {
  return layers.some(({ gate, up }) => weights.get(gate.name).type !== weights.get(up.name).type);
}

class WeightUploader {
  readonly #context: GpuContext;
  readonly #model: LoadedModel;
  readonly #options: Parameters<typeof uploadModelWeights>[3];
  readonly #totalBytes: number;
  #loadedBytes = 0;

  constructor(context: GpuContext, model: LoadedModel, options: Parameters<typeof uploadModelWeights>[3]) {
    this.#context = context;
    this.#model = model;
    this.#options = options;
    this.#totalBytes = model.graph.weights.reduce((sum, { name }) => sum + model.weights.get(name).byteLength, 0);
  }

  async upload({ table, layers, finalNorm, head }: FusedGraph): Promise<ModelWeights> {
    const uploadedTable = await this.#matrix(table);
    const uploadedLayers: LayerWeights[] = [];
    for (const layer of layers) uploadedLayers.push(await this.#layer(layer));
    return {
      table: uploadedTable,
      layers: uploadedLayers,
      finalNorm: await this.#norm(finalNorm),
      head: head.name === table.name ? uploadedTable : await this.#matrix(head),
    };
  }

  async #layer(layer: FusedLayer): Promise<LayerWeights> {
    const projections = [layer.query, layer.key, layer.value];
    return {
      attentionNorm: await this.#norm(layer.attentionNorm),
      projections: await this.#groups(projections.map(({ weight }) => weight)),
      projectionBias: await this.#biases(projections),
      headNorms: await this.#headNorms(layer),
      output: await this.#matrix(layer.output.weight),
      outputBias: await this.#biases([layer.output]),
      feedForwardNorm: await this.#norm(layer.feedForwardNorm),
      gateUp: await this.#gateUp(layer),
      down: await this.#matrix(layer.down.weight),
      downBias: await this.#biases([layer.down]),
    };
  }

  /** Neighbours of one type together. */
  async #groups(references: readonly WeightReference[]): Promise<ProjectionGroup[]> {
    const groups: ProjectionGroup[] = [];
    let firstOutput = 0;
    for (let first = 0; first < references.length; ) {
      const type = this.#type(references[first]!);
      let end = first + 1;
      while (end < references.length && this.#type(references[end]!) === type) end++;
      const matrix = await this.#upload(references.slice(first, end), "stacked");
      groups.push({ matrix, firstOutput });
      firstOutput += matrix.rows;
      first = end;
    }
    return groups;
  }

  async #gateUp({ gate, up }: FusedLayer): Promise<LayerWeights["gateUp"]> {
    if (this.#type(gate) === this.#type(up)) return this.#upload([gate, up], "interleaved");
    return [await this.#matrix(gate), await this.#matrix(up)];
  }

  #matrix(reference: WeightReference): Promise<GpuMatrix> {
    return this.#upload([reference], "stacked");
  }

  #upload(references: readonly WeightReference[], order: "stacked" | "interleaved"): Promise<GpuMatrix> {
    const { maxBindingBytes, signal } = this.#options;
    const sources = references.map((reference) => this.#source(reference));
    return uploadMatrix(this.#context, { label: references[0]!.name, sources, order, maxBindingBytes, signal });
  }

  #source({ name, shape }: WeightReference): MatrixSource {
    const { type, byteLength } = this.#model.weights.get(name);
    const [rows, columns] = shape as [number, number];
    return { name, type, rows, columns, byteLength, read: (offset, length) => this.#read(name, offset, length) };
  }

  async #norm({ weight }: Norm): Promise<GPUBuffer> {
    return uploadVector(this.#context, weight.name, await this.#vector(weight));
  }

  async #headNorms({ queryNorm, keyNorm }: FusedLayer): Promise<GPUBuffer | undefined> {
    if (queryNorm === undefined || keyNorm === undefined) return undefined;
    const both = [...(await this.#vector(queryNorm.weight)), ...(await this.#vector(keyNorm.weight))];
    return uploadVector(this.#context, queryNorm.weight.name, Float32Array.from(both));
  }

  /** The biases of several projections one after the other, zeros where one has none. */
  async #biases(projections: readonly Projection[]): Promise<GPUBuffer | undefined> {
    const first = projections.find(({ bias }) => bias !== undefined);
    if (first === undefined) return undefined;
    const joined = new Float32Array(projections.reduce((sum, { weight }) => sum + weight.shape[0], 0));
    let offset = 0;
    for (const { weight, bias } of projections) {
      if (bias !== undefined) joined.set(await this.#vector(bias), offset);
      offset += weight.shape[0];
    }
    return uploadVector(this.#context, first.bias!.name, joined);
  }

  async #vector({ name, shape }: WeightReference): Promise<Float32Array> {
    const { type, byteLength } = this.#model.weights.get(name);
    return dequantize(type, await this.#read(name, 0, byteLength), shape[0]);
  }

  async #read(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { onProgress, signal } = this.#options;
    signal?.throwIfAborted();
    const bytes = await this.#model.weights.read(name, offset, length, { signal });
    signal?.throwIfAborted();
    this.#loadedBytes += length;
    onProgress({ loadedBytes: Math.min(this.#loadedBytes, this.#totalBytes), totalBytes: this.#totalBytes });
    return bytes;
  }

  #type({ name }: WeightReference) {
    return this.#model.weights.get(name).type;
  }
}
