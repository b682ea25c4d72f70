import {
  type Backend,
  type BackendModel,
  type BackendSequence,
  type BatchItem,
  type BatchResult,
  BayLingError,
  type Capabilities,
  dequantize,
  type Graph,
  type GraphNode,
  type LoadedModel,
  type LoadOptions,
  type WeightReference,
} from "@bayling/core/backend";
import * as operations from "./operations.ts";

/** The smallest whole backend: it walks the graph one token at a time and leaves to core whatever core can do. */
export function smallestBackend(): Backend {
  return {
    specificationVersion: "v1",
    id: "smallest",
    probe: async () => ({ available: true, devices: [{ name: "JavaScript, one token at a time" }] }),
    doLoad: loadWeights,
  };
}

async function loadWeights({ graph, weights }: LoadedModel, options: LoadOptions): Promise<BackendModel> {
  const { signal, onProgress } = options;
  const totalBytes = graph.weights.reduce((sum, { name }) => sum + weights.get(name).byteLength, 0);
  const loaded = new Map<string, Float32Array>();
  let loadedBytes = 0;
  for (const { name, shape } of graph.weights) {
    const { type, byteLength } = weights.get(name);
    const bytes = await weights.read(name, 0, byteLength, { signal });
    signal?.throwIfAborted();
    loaded.set(name, dequantize(type, bytes, shape[0] * (shape[1] ?? 1)));
    loadedBytes += byteLength;
    onProgress({ loadedBytes, totalBytes });
  }
  return new SmallestModel(graph, loaded, options);
}

class SmallestModel implements BackendModel {
  readonly capabilities: Capabilities;
  readonly #graph: Graph;
  readonly #weights: ReadonlyMap<string, Float32Array>;
  readonly #sequences = new Set<SmallestSequence>();

  constructor(graph: Graph, weights: ReadonlyMap<string, Float32Array>, { contextLength, maxSequences }: LoadOptions) {
    this.#graph = graph;
    this.#weights = weights;
    this.capabilities = {
      fork: false, // core evaluates the tokens again
      deviceSampling: false, // core samples from the scores
      masks: false, // core masks the scores
      top: false, // core takes the best of the scores
      embeddings: false, // asking for them throws `capability-missing`
      maxSequences,
      maxBatchTokens: 32,
      contextLength,
    };
  }

  async doCreateSequence(): Promise<BackendSequence> {
    const { maxSequences } = this.capabilities;
    if (this.#sequences.size >= maxSequences) {
      throw new BayLingError("sequence-limit", {
        problem: "no more sequences can be alive at once",
        expected: `at most ${maxSequences}`,
        remedy: "Dispose one, or load the model with a larger maxSequences",
      });
    }
    const { numHiddenLayers } = this.#graph.config;
    const sequence = new SmallestSequence(numHiddenLayers, () => this.#sequences.delete(sequence));
    this.#sequences.add(sequence);
    return sequence;
  }

  async doEvaluate(
    batch: readonly BatchItem[],
    { signal }: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]> {
    const before = batch.map(({ sequence }) => sequence.position);
    try {
      const results: BatchResult[] = [];
      for (const item of batch) {
        await new Promise((resolve) => setTimeout(resolve)); // gives an abort the chance to happen
        results.push(this.#evaluate(item, signal));
      }
      return results;
    } catch (error) {
      for (const [index, { sequence }] of batch.entries()) sequence.doTruncate(before[index]!);
      throw error;
    }
  }

  #evaluate({ sequence, tokens, want }: BatchItem, signal: AbortSignal | undefined): BatchResult {
    const rows: Float32Array[] = [];
    for (const [index, token] of tokens.entries()) {
      signal?.throwIfAborted();
      const wanted = want === "all" || (want === "last" && index === tokens.length - 1);
      const scores = this.#step(sequence as SmallestSequence, token, wanted);
      if (scores !== undefined) rows.push(scores);
    }
    return want === "none" ? {} : { scores: Float32Array.from(rows.flatMap((row) => [...row])) };
  }

  /** Evaluates one token; returns its scores if they are wanted. */
  #step(sequence: SmallestSequence, token: number, wanted: boolean): Float32Array | undefined {
    const values = new Map<string, Float32Array>();
    for (const node of this.#graph.nodes) {
      if (node.output.rows === "outputs" && !wanted) break;
      values.set(node.output.name, this.#compute(node, values, sequence, token));
    }
    sequence.position++;
    return values.get(this.#graph.scores.name);
  }

  #compute(
    node: GraphNode,
    values: ReadonlyMap<string, Float32Array>,
    sequence: SmallestSequence,
    token: number,
  ): Float32Array {
    const value = ({ name }: { name: string }) => values.get(name)!;
    const weight = ({ name }: WeightReference) => this.#weights.get(name)!;
    switch (node.op) {
      case "embed":
        return operations.embed(weight(node.table), token, node.output.width);
      case "rmsNorm":
        return operations.rmsNorm(value(node.input), weight(node.weight), node.epsilon);
      case "linear":
        return operations.linear(value(node.input), weight(node.weight), node.bias && weight(node.bias));
      case "rope":
        return operations.rope(value(node.input), sequence.position, node);
      case "attention": {
        const { keys, values: cached } = sequence.layers[node.layer]!;
        keys[sequence.position] = value(node.key);
        cached[sequence.position] = value(node.value);
        return operations.attention(value(node.query), keys, cached, node);
      }
      case "swiglu":
        return operations.swiglu(value(node.gate), value(node.up));
      case "add":
        return operations.add(value(node.left), value(node.right));
      case "select":
        return value(node.input);
    }
  }

  async dispose(): Promise<void> {
    this.#sequences.clear();
  }
}

/** The KV cache: for every layer, a row of keys and one of values for each position. */
class SmallestSequence implements BackendSequence {
  position = 0;
  readonly layers: readonly { readonly keys: Float32Array[]; readonly values: Float32Array[] }[];
  readonly #onDispose: () => void;

  constructor(layers: number, onDispose: () => void) {
    this.layers = Array.from({ length: layers }, () => ({ keys: [], values: [] }));
    this.#onDispose = onDispose;
  }

  doTruncate(position: number): void {
    this.position = position;
    for (const { keys, values } of this.layers) {
      keys.length = Math.min(keys.length, position);
      values.length = Math.min(values.length, position);
    }
  }

  dispose(): void {
    this.#onDispose();
  }
}
