import type { LoadedModel, StoredWeight, WeightSource } from "../backend/backend.ts";
import { BayLingError } from "../errors.ts";
import type { CheckpointFile, CheckpointTensor } from "../formats/checkpoint-file.ts";
import type { Graph } from "../graph/graph.ts";
import { buildGraph } from "../graph/llama-graph.ts";
import { readHuggingFaceConfig } from "./hugging-face-config.ts";
import { isSpare } from "./hugging-face-names.ts";

/** The parts of a folder that say what a model computes. */
export interface HuggingFaceParts {
  /** Path or URL of the folder, for messages. */
  readonly name: string;
  /** What the folder is called. */
  readonly title: string | undefined;
  /** `config.json`, parsed. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Its name, for messages. */
  readonly configName: string;
  readonly weights: CheckpointFile;
}

/**
 * Builds the graph that a `config.json` describes and checks every tensor against it.
 * @throws BayLingError `architecture-not-supported`, `model-config-invalid`, `tensor-not-found`,
 * `model-shape-mismatch`, `tensor-type-not-supported`
 */
export function readHuggingFaceModel(parts: HuggingFaceParts): LoadedModel {
  const { name, title, config: json, configName, weights } = parts;
  const tensorCount = weights.tensors.size;
  const config = readHuggingFaceConfig(json, { source: configName, title, tensorCount });
  const graph = buildGraph(config);
  const source = new CheckpointWeightSource(weights);
  checkTensors(weights, graph, source);
  // The weights alone do not say all: two models may differ in the configuration only.
  const contentKey = weights.contentKey === undefined ? undefined : `${weights.contentKey} ${JSON.stringify(json)}`;
  return { name, config, graph, weights: source, contentKey };
}

function checkTensors(file: CheckpointFile, graph: Graph, source: WeightSource): void {
  const used = new Set<string>();
  for (const { name, shape } of graph.weights) {
    used.add(name);
    const expected = shape.join(" × ");
    const received = source.get(name).shape.join(" × ");
    if (expected === received) continue;
    throw new BayLingError("model-shape-mismatch", {
      source: file.name,
      field: name,
      problem: "the tensor does not fit the hyper-parameters",
      expected,
      received,
    });
  }
  for (const name of file.tensors.keys()) {
    // A weight that the graph does not use means another model: running it without would write nonsense.
    if (used.has(name) || isSpare(name, graph.config)) continue;
    throw new BayLingError("architecture-not-supported", {
      source: file.name,
      field: name,
      problem: `the graph of architecture ${graph.config.architecture} has no use for this tensor`,
    });
  }
}

/** Types that lie in checkpoints as they lie in GGUF: little-endian, rows in order. */
const types = ["F32", "F16", "BF16"] as const;

class CheckpointWeightSource implements WeightSource {
  readonly #file: CheckpointFile;

  constructor(file: CheckpointFile) {
    this.#file = file;
  }

  get(name: string): StoredWeight {
    const { type: stored, shape, byteLength } = this.#find(name);
    const type = types.find((known) => known === stored);
    if (type !== undefined) return { type, shape, byteLength };
    throw new BayLingError("tensor-type-not-supported", {
      source: this.#file.name,
      field: name,
      problem: "this SDK cannot decode the tensor's type",
      expected: types.join(", "),
      received: stored,
    });
  }

  read(
    name: string,
    offset: number,
    length: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#file.readTensor(name, { offset, length, signal: options?.signal });
  }

  #find(name: string): CheckpointTensor {
    const tensor = this.#file.tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new BayLingError("tensor-not-found", {
      source: this.#file.name,
      field: name,
      problem: "the files lack a tensor that the model needs",
      received: `${this.#file.tensors.size} other tensors`,
    });
  }
}
