import type { LoadedModel, StoredWeight, WeightSource } from "../backend/backend.ts";
import { BayLingError } from "../errors.ts";
import { dequantize } from "../formats/dequantize.ts";
import type { GgufFile, GgufTensor } from "../formats/gguf-reader.ts";
import { isTensorType, tensorTypeNames } from "../formats/tensor-types.ts";
import type { Graph, WeightReference } from "../graph/graph.ts";
import { buildGraph } from "../graph/llama-graph.ts";
import { readGgufConfig } from "./gguf-config.ts";
import { ggufWeightName, ropeFactorsName } from "./weight-names.ts";

/**
 * Builds the graph of the model in a GGUF file and checks every tensor against it.
 * @throws BayLingError `architecture-not-supported`, `model-config-invalid`, `tensor-not-found`,
 * `model-shape-mismatch`, `tensor-type-not-supported`
 */
export async function readGgufModel(file: GgufFile, signal?: AbortSignal): Promise<LoadedModel> {
  const factors = file.tensors.has(ropeFactorsName) ? await readFactors(file, signal) : undefined;
  const config = readGgufConfig(file, factors);
  const graph = buildGraph(config);
  checkTensors(file, graph);
  const { name, files, contentKey } = file;
  return { name, config, graph, weights: new GgufWeightSource(file), files, contentKey };
}

/** Half of the largest head that a configuration may have. The tensor is read before its size can be compared. */
const mostFactors = 4096;

async function readFactors(file: GgufFile, signal: AbortSignal | undefined): Promise<readonly number[]> {
  const { type, shape } = supported(file, file.tensors.get(ropeFactorsName)!);
  const [length = 0] = shape;
  if (shape.length !== 1 || length > mostFactors) {
    throw new BayLingError("model-shape-mismatch", {
      source: file.name,
      field: ropeFactorsName,
      problem: "the tensor cannot be RoPE factors, one for each pair of a head",
      expected: `one dimension of at most ${mostFactors}`,
      received: shape.join(" × "),
    });
  }
  const factors = [...dequantize(type, await file.readTensor(ropeFactorsName, { signal }), length)];
  const wrong = factors.findIndex((factor) => !(Number.isFinite(factor) && factor > 0));
  if (wrong >= 0) {
    throw new BayLingError("model-config-invalid", {
      source: file.name,
      field: `${ropeFactorsName}[${wrong}]`,
      problem: "a RoPE frequency cannot be divided by it",
      expected: "a positive number",
      received: String(factors[wrong]),
    });
  }
  return factors;
}

function checkTensors(file: GgufFile, graph: Graph): void {
  const used = new Set<string>([ropeFactorsName]);
  for (const weight of graph.weights) {
    const name = ggufWeightName(weight.name);
    used.add(name);
    checkShape(file, weight, findTensor(file, name));
  }
  for (const name of file.tensors.keys()) {
    // A weight that the graph does not use means another model: running it without would write nonsense.
    if (used.has(name) || name.endsWith(".attn_rot_embd") || name.endsWith(".rope_freqs.weight")) continue;
    throw new BayLingError("architecture-not-supported", {
      source: file.name,
      field: name,
      problem: `the graph of architecture ${graph.config.architecture} has no use for this tensor`,
    });
  }
}

function checkShape(file: GgufFile, weight: WeightReference, tensor: GgufTensor): void {
  supported(file, tensor);
  const expected = weight.shape.join(" × ");
  const received = tensor.shape.join(" × ");
  if (expected === received) return;
  throw new BayLingError("model-shape-mismatch", {
    source: file.name,
    field: tensor.name,
    problem: "the tensor does not fit the hyper-parameters",
    expected,
    received,
  });
}

function findTensor(file: GgufFile, name: string): GgufTensor {
  const tensor = file.tensors.get(name);
  if (tensor !== undefined) return tensor;
  throw new BayLingError("tensor-not-found", {
    source: file.name,
    field: name,
    problem: "the file lacks a tensor that the model needs",
    received: `${file.tensors.size} other tensors`,
  });
}

function supported(file: GgufFile, tensor: GgufTensor): StoredWeight {
  const { type, shape, byteLength } = tensor;
  if (isTensorType(type)) return { type, shape, byteLength };
  throw new BayLingError("tensor-type-not-supported", {
    source: file.name,
    field: tensor.name,
    problem: "this SDK cannot decode the tensor's type",
    expected: tensorTypeNames.join(", "),
    received: type,
  });
}

class GgufWeightSource implements WeightSource {
  readonly #file: GgufFile;

  constructor(file: GgufFile) {
    this.#file = file;
  }

  get(name: string): StoredWeight {
    return supported(this.#file, findTensor(this.#file, ggufWeightName(name)));
  }

  read(
    name: string,
    offset: number,
    length: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#file.readTensor(ggufWeightName(name), { offset, length, signal: options?.signal });
  }
}
