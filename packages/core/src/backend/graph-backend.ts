import { BayLingError } from "../errors.ts";
import { dequantize } from "../formats/dequantize.ts";
import type { WeightReference } from "../graph/graph.ts";
import type { Backend, BackendModel, LoadedModel, LoadOptions } from "./backend.ts";
import type { ComputeContext, ComputeDevice, DeviceBuffer, DeviceWeight, WeightUpload } from "./compute-device.ts";
import { GraphModel } from "./graph-model.ts";

/**
 * Lifts a compute device to a whole backend: it walks the graph node by node and keeps the KV caches. Simple and
 * complete (fork, masks, `top`, embeddings, sampling), with nothing fused.
 */
export function createGraphBackend<B extends DeviceBuffer, W extends DeviceWeight>(
  device: ComputeDevice<B, W>,
): Backend {
  return {
    specificationVersion: "v1",
    id: device.id,
    probe: () => device.probe(),
    async doLoad(model: LoadedModel, options: LoadOptions): Promise<BackendModel> {
      checkWeightTypes(device, model);
      options.signal?.throwIfAborted();
      const context = await device.open();
      try {
        const weights = await uploadWeights(context, model, options);
        return new GraphModel(context, model, weights, options);
      } catch (error) {
        await context.dispose();
        throw error;
      }
    },
  };
}

function checkWeightTypes(device: ComputeDevice, { name, graph, weights }: LoadedModel): void {
  for (const weight of graph.weights) {
    const { type } = weights.get(weight.name);
    if (weight.shape.length === 1 || device.weightTypes.includes(type)) continue;
    throw new BayLingError("tensor-type-not-supported", {
      source: name,
      field: weight.name,
      problem: `the backend "${device.id}" cannot run the tensor's type`,
      expected: device.weightTypes.join(", "),
      received: type,
    });
  }
}

async function uploadWeights<B extends DeviceBuffer, W extends DeviceWeight>(
  context: ComputeContext<B, W>,
  { graph, weights }: LoadedModel,
  { onProgress, signal }: LoadOptions,
): Promise<ReadonlyMap<string, W>> {
  const totalBytes = graph.weights.reduce((sum, weight) => sum + weights.get(weight.name).byteLength, 0);
  const uploaded = new Map<string, W>();
  let loadedBytes = 0;
  const read = async (name: string, offset: number, length: number) => {
    signal?.throwIfAborted();
    const bytes = await weights.read(name, offset, length, { signal });
    loadedBytes += length;
    onProgress({ loadedBytes: Math.min(loadedBytes, totalBytes), totalBytes });
    return bytes;
  };
  for (const weight of graph.weights) uploaded.set(weight.name, await context.upload(await describe(weight)));
  return uploaded;

  async function describe(weight: WeightReference): Promise<WeightUpload> {
    const { name, shape } = weight;
    const { type, byteLength } = weights.get(name);
    if (shape.length === 2 || type === "F32") {
      return { name, type, shape, byteLength, read: (offset, length) => read(name, offset, length) };
    }
    const bytes = new Uint8Array(dequantize(type, await read(name, 0, byteLength), shape[0]).buffer as ArrayBuffer);
    return {
      name,
      type: "F32",
      shape,
      byteLength: bytes.length,
      read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    };
  }
}
