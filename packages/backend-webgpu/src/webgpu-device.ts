import {
  type AddArguments,
  type AttentionArguments,
  type ComputeContext,
  type ComputeDevice,
  type DeviceBuffer,
  type DeviceWeight,
  type EmbedArguments,
  type LinearArguments,
  type RmsNormArguments,
  type RopeArguments,
  type SwigluArguments,
  tensorTypeNames,
  type WeightUpload,
} from "@bayling/core/backend";
import { CommandRecorder } from "./device/command-recorder.ts";
import { bufferUsage, mapMode } from "./device/constants.ts";
import { bind } from "./device/dispatch.ts";
import { GpuProvider } from "./device/gpu.ts";
import { GpuContext } from "./device/gpu-context.ts";
import type { Kernel } from "./device/kernel.ts";
import { flatAttention, flatAttentionWorkgroups } from "./kernels/attention.ts";
import { addExpression, elementwise, elementwiseWorkgroups, swigluExpression } from "./kernels/elementwise.ts";
import { type EmbedShape, embed, embedWorkgroups } from "./kernels/embed.ts";
import { isAligned, type LinearSize, type LinearVariant, linearSizeData } from "./kernels/linear.ts";
import { linearTile, linearTileWorkgroups } from "./kernels/linear-tile.ts";
import {
  type LinearVectorVariant,
  linearVector,
  linearVectorLanes,
  linearVectorWorkgroups,
} from "./kernels/linear-vector.ts";
import { rmsNorm } from "./kernels/rms-norm.ts";
import { rope, ropeWorkgroups } from "./kernels/rope.ts";
import { ropeTable } from "./kernels/rope-table.ts";
import { disposed, outOfMemory } from "./webgpu-errors.ts";
import type { WebGpuOptions } from "./webgpu-options.ts";
import { probeWebGpu } from "./webgpu-probe.ts";
import type { GpuMatrix } from "./weights/gpu-matrix.ts";
import { uploadMatrix } from "./weights/upload.ts";

interface WebGpuBuffer extends DeviceBuffer {
  readonly buffer: GPUBuffer;
}

interface WebGpuWeight extends DeviceWeight {
  /** A matrix in the GPU's own layout; vectors are matrices of F32 with one row. */
  readonly matrix: GpuMatrix;
}

/** Rows from which a product by tiles is faster than one row at a time. */
const tiledFrom = 8;

/**
 * The GPU as a compute device, one operation a dispatch. For backends of other kinds of graphs, and to compare with:
 * `webgpu()` compiles a whole model and is much faster.
 */
export function webgpuDevice(options: WebGpuOptions = {}): ComputeDevice {
  const provider = new GpuProvider(options);
  return {
    specificationVersion: "v1",
    id: "webgpu",
    weightTypes: tensorTypeNames,
    probe: () => probeWebGpu(options),
    open: async () => new WebGpuContext(new GpuContext(await provider.get())),
  };
}

/** Bytes from one uniform to the next; WebGPU's default alignment of offsets. */
const uniformStride = 256;
const uniformSlots = 256;

class WebGpuContext implements ComputeContext<WebGpuBuffer, WebGpuWeight> {
  readonly #context: GpuContext;
  readonly #recorder: CommandRecorder;
  readonly #uniforms: GPUBuffer;
  #nextUniform = 0;
  #disposed = false;

  constructor(context: GpuContext) {
    this.#context = context;
    this.#recorder = new CommandRecorder(context.device);
    this.#uniforms = context.createUniform("numbers of operations", uniformSlots * uniformStride);
  }

  async upload({ name, type, shape, byteLength, read }: WeightUpload): Promise<WebGpuWeight> {
    this.#check();
    const [rows, columns] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
    const matrix = await uploadMatrix(this.#context, {
      label: name,
      sources: [{ name, type, rows, columns, byteLength, read }],
    });
    return { type, shape, matrix };
  }

  allocate(length: number): WebGpuBuffer {
    this.#check();
    const bytes = length * 4;
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#context.device.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (bytes > limit) throw outOfMemory("a buffer", bytes, `at most ${limit} bytes`);
    return { length, buffer: this.#context.createStorage("values", bytes) };
  }

  free(object: WebGpuBuffer | WebGpuWeight): void {
    const buffers = "buffer" in object ? [object.buffer] : object.matrix.parts.map(({ buffer }) => buffer);
    this.#recorder.afterSubmit(() => {
      for (const buffer of buffers) this.#context.free(buffer);
    });
  }

  write({ buffer }: WebGpuBuffer, offset: number, data: Float32Array): void {
    this.#recorder.flush();
    this.#context.device.queue.writeBuffer(buffer, offset * 4, data as Float32Array<ArrayBuffer>);
  }

  copy(from: WebGpuBuffer, fromOffset: number, to: WebGpuBuffer, toOffset: number, length: number): void {
    if (from.buffer !== to.buffer) {
      this.#recorder.copy(from.buffer, fromOffset * 4, to.buffer, toOffset * 4, length * 4);
      return;
    }
    // A buffer cannot be copied onto itself.
    const between = this.#context.createStorage("a copy", length * 4);
    this.#recorder.copy(from.buffer, fromOffset * 4, between, 0, length * 4);
    this.#recorder.copy(between, 0, to.buffer, toOffset * 4, length * 4);
    this.#release(between);
  }

  async read({ buffer }: WebGpuBuffer, offset: number, length: number): Promise<Float32Array<ArrayBuffer>> {
    this.#check();
    const { copyDestination, mapRead } = bufferUsage;
    const staging = this.#context.createBuffer({ size: length * 4, usage: copyDestination | mapRead });
    try {
      this.#recorder.copy(buffer, offset * 4, staging, 0, length * 4);
      this.#recorder.flush();
      await staging.mapAsync(mapMode.read);
      this.#context.checkFailure();
      return new Float32Array(staging.getMappedRange().slice(0, length * 4));
    } finally {
      this.#context.free(staging);
    }
  }

  embed({ table: { matrix }, ids, output }: EmbedArguments<WebGpuBuffer, WebGpuWeight>): void {
    const list = this.#temporary("ids", ids);
    for (const { rows, firstRow, bindings } of matrix.parts) {
      const shape: EmbedShape = {
        ...{ layout: matrix.layout, rows, firstRow, columns: matrix.columns },
        ...{ outputStride: matrix.columns, ids: "list" },
      };
      this.#run(embed(shape), [list, ...bindings, output.buffer], embedWorkgroups(shape, ids.length));
    }
    this.#release(list);
  }

  rmsNorm({
    input,
    weight,
    rows,
    width,
    groupSize,
    epsilon,
    output,
  }: RmsNormArguments<WebGpuBuffer, WebGpuWeight>): void {
    const inPlace = input.buffer === output.buffer;
    const kernel = rmsNorm({ groupSize, epsilon, inputStride: width, outputStride: width, inPlace });
    const buffers = [...(inPlace ? [] : [input.buffer]), vectorOf(weight), output.buffer];
    this.#run(kernel, buffers, [width / groupSize, rows, 1]);
  }

  linear({ input, weight: { matrix }, bias, rows, output }: LinearArguments<WebGpuBuffer, WebGpuWeight>): void {
    const { layout, columns } = matrix;
    const biases = bias === undefined ? [] : [vectorOf(bias)];
    for (const part of matrix.parts) {
      const size: LinearSize = {
        ...{ rows: part.rows, firstRow: part.firstRow, columns },
        ...{ inputStride: columns, outputStride: matrix.rows },
      };
      const variant: LinearVariant = { layout, aligned: isAligned(size), epilogue: "store", bias: bias !== undefined };
      const buffers = [input.buffer, ...part.bindings, ...biases, output.buffer];
      if (rows >= tiledFrom) {
        const uniforms = [this.#uniform(linearSizeData(size)), this.#uniform(Uint32Array.of(rows))];
        this.#run(
          linearTile({ ...variant, halves: false }),
          [...buffers, ...uniforms],
          linearTileWorkgroups(size, rows),
        );
      } else {
        const single: LinearVectorVariant = { ...variant, tokens: 1, subgroups: false, integers: false };
        const uniform = this.#uniform(linearSizeData(size, linearVectorLanes(size, single)));
        this.#run(linearVector(single), [...buffers, uniform], linearVectorWorkgroups(size, single, rows));
      }
    }
  }

  rope(work: RopeArguments<WebGpuBuffer>): void {
    const { input, rows, width, headSize, pairing, frequencies, positions, output } = work;
    const inPlace = input.buffer === output.buffer;
    const shape = { width, headSize, pairs: frequencies.length, pairing, inPlace };
    const table = this.#temporary(
      "rope table",
      ropeTable(work, rows, (row) => positions[row]!),
    );
    const inputs = inPlace ? [] : [input.buffer];
    this.#run(rope(shape), [table, ...inputs, output.buffer], ropeWorkgroups(shape, rows));
    this.#release(table);
  }

  attention(work: AttentionArguments<WebGpuBuffer>): void {
    const { key, value, firstRow, rows, position, keyCache, valueCache, keyValueHeads, headSize } = work;
    const width = keyValueHeads * headSize;
    this.copy(key, firstRow * width, keyCache, position * width, rows * width);
    this.copy(value, firstRow * width, valueCache, position * width, rows * width);
    const uniform = this.#uniform(Uint32Array.of(firstRow, rows, position, 0));
    const buffers = [work.query.buffer, uniform, keyCache.buffer, valueCache.buffer, work.output.buffer];
    this.#run(flatAttention(work), buffers, flatAttentionWorkgroups(work, rows));
  }

  swiglu({ gate, up, length, output }: SwigluArguments<WebGpuBuffer>): void {
    this.#elementwise("swiglu", swigluExpression, gate, up, length, output);
  }

  add({ left, right, length, output }: AddArguments<WebGpuBuffer>): void {
    this.#elementwise("add", addExpression, left, right, length, output);
  }

  dispose(): Promise<void> {
    this.#disposed = true;
    this.#context.dispose();
    return Promise.resolve();
  }

  #elementwise(
    name: string,
    expression: string,
    left: WebGpuBuffer,
    right: WebGpuBuffer,
    length: number,
    output: WebGpuBuffer,
  ): void {
    const aliased = { left: left.buffer === output.buffer, right: right.buffer === output.buffer };
    const buffers = [
      ...(aliased.left ? [] : [left.buffer]),
      ...(aliased.right ? [] : [right.buffer]),
      output.buffer,
      this.#uniform(Uint32Array.of(length)),
    ];
    this.#run(elementwise(name, expression, aliased), buffers, elementwiseWorkgroups(length));
  }

  #run(
    kernel: Kernel,
    buffers: readonly (GPUBuffer | GPUBufferBinding)[],
    workgroups: readonly [number, number, number],
  ): void {
    this.#check();
    const pipeline = this.#context.pipelines.get(kernel);
    this.#recorder.dispatch({ pipeline, bindGroup: bind(this.#context.device, pipeline, buffers), workgroups });
  }

  /** A few numbers for one operation. */
  #uniform(numbers: Uint32Array<ArrayBuffer>): GPUBufferBinding {
    if (this.#nextUniform === uniformSlots) {
      this.#recorder.flush(); // what used the first slots is on its way
      this.#nextUniform = 0;
    }
    const offset = this.#nextUniform++ * uniformStride;
    this.#context.device.queue.writeBuffer(this.#uniforms, offset, numbers);
    return { buffer: this.#uniforms, offset, size: Math.max(16, numbers.byteLength) };
  }

  /** A buffer for one operation; given back by {@link #release} once that is recorded. */
  #temporary(label: string, data: Uint32Array | Float32Array): GPUBuffer {
    const buffer = this.#context.createStorage(label, data.byteLength);
    this.#context.device.queue.writeBuffer(buffer, 0, data as Uint32Array<ArrayBuffer>);
    return buffer;
  }

  #release(buffer: GPUBuffer): void {
    this.#recorder.afterSubmit(() => this.#context.free(buffer));
  }

  #check(): void {
    if (this.#disposed) throw disposed("device context");
  }
}

/** A vector of F32 lies in its buffer as it is. */
function vectorOf({ matrix }: WebGpuWeight): GPUBufferBinding {
  return matrix.parts[0]!.bindings[0]!;
}
