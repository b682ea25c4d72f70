import { bufferUsage, mapMode } from "../../device/constants.ts";
import { bind } from "../../device/dispatch.ts";
import type { GpuContext } from "../../device/gpu-context.ts";
import type { Kernel } from "../../device/kernel.ts";
import type { GpuMatrix } from "../gpu-matrix.ts";
import { unitSize, type WeightLayout } from "../weight-layout.ts";

export interface DecodedMatrix {
  /** scale · value + offset, [rows, units a row · 32] */
  readonly elements: Float32Array;
  /** What `values` gives, same shape. */
  readonly values: Float32Array;
  /** What `packed` gives, same shape; zeros for types without. */
  readonly packed: Int8Array;
}

const workgroupSize = 64;
const parts = [0, 1, 2, 3, 4, 5, 6, 7];

/** Decodes every unit with the expressions of the layout, one thread a unit. */
function decodeKernel(layout: WeightLayout, units: number): Kernel {
  const { streams, code, values, scale, offset, packed } = layout;
  const lines = parts.map((part) => {
    const half = part < 4 ? 0 : 1;
    const scaled = scale === undefined ? "v" : `${scale("unit", half)} * v`;
    const element = offset === undefined ? scaled : `${scaled} + ${offset("unit", half)}`;
    return `  {
    let v = ${values("unit", part)};
    values[index * 8u + ${part}u] = v;
    elements[index * 8u + ${part}u] = ${element};
    packed[index * 8u + ${part}u] = ${packed === undefined ? "0u" : packed("unit", part)};
  }`;
  });
  return {
    label: `decode ${layout.type}`,
    bindings: [
      ...streams.map(({ name, type }) => ({ name, type, access: "read" as const })),
      { name: "elements", type: "array<vec4<f32>>", access: "read_write" },
      { name: "values", type: "array<vec4<f32>>", access: "read_write" },
      { name: "packed", type: "array<u32>", access: "read_write" },
    ],
    code: `
${code}
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = id.x;
  if (index >= ${units}u) { return; }
  let unit = loadUnit(index);
${lines.join("\n")}
}`,
  };
}

export async function decodeMatrix(context: GpuContext, matrix: GpuMatrix): Promise<DecodedMatrix> {
  const length = matrix.rows * matrix.unitsPerRow * unitSize;
  const decoded = {
    elements: new Float32Array(length),
    values: new Float32Array(length),
    packed: new Int8Array(length),
  };
  for (const { firstRow, rows, bindings } of matrix.parts) {
    const units = rows * matrix.unitsPerRow;
    const outputs = [4, 4, 1].map((bytes) => context.createStorage("decoded", units * unitSize * bytes));
    const pipeline = context.pipelines.get(decodeKernel(matrix.layout, units));
    const encoder = context.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, bind(context.device, pipeline, [...bindings, ...outputs]));
    pass.dispatchWorkgroups(Math.ceil(units / workgroupSize));
    pass.end();
    context.device.queue.submit([encoder.finish()]);
    const [elements, values, packed] = await Promise.all(outputs.map((output) => readBuffer(context, output)));
    const first = firstRow * matrix.unitsPerRow * unitSize;
    decoded.elements.set(new Float32Array(elements!), first);
    decoded.values.set(new Float32Array(values!), first);
    decoded.packed.set(new Int8Array(packed!), first);
    for (const output of outputs) context.free(output);
  }
  return decoded;
}

export async function readBuffer(context: GpuContext, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const { copyDestination, mapRead } = bufferUsage;
  const staging = context.createBuffer({ size: buffer.size, usage: copyDestination | mapRead });
  const encoder = context.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  context.device.queue.submit([encoder.finish()]);
  await staging.mapAsync(mapMode.read);
  const bytes = staging.getMappedRange().slice();
  context.free(staging);
  return bytes;
}
