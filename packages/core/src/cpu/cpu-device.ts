import type { ProbeResult } from "../backend/backend.ts";
import type {
  AddArguments,
  AttentionArguments,
  ComputeContext,
  ComputeDevice,
  EmbedArguments,
  LinearArguments,
  RmsNormArguments,
  RopeArguments,
  SwigluArguments,
  WeightUpload,
} from "../backend/compute-device.ts";
import { BayLingError } from "../errors.ts";
import { dequantizer } from "../formats/dequantize.ts";
import { rowBytes, tensorTypeNames } from "../formats/tensor-types.ts";
import { type CpuBuffer, CpuScratch, type CpuWeight } from "./cpu-memory.ts";
import { add } from "./kernels/add.ts";
import { attention } from "./kernels/attention.ts";
import { embed } from "./kernels/embed.ts";
import { linear } from "./kernels/linear.ts";
import { rmsNorm } from "./kernels/rms-norm.ts";
import { RopeTable, rope } from "./kernels/rope.ts";
import { swiglu } from "./kernels/swiglu.ts";

/** The CPU as a compute device: plain TypeScript, every operation runs at once. */
export function cpuDevice(): ComputeDevice<CpuBuffer, CpuWeight> {
  return {
    specificationVersion: "v1",
    id: "cpu",
    weightTypes: tensorTypeNames,
    probe: () => Promise.resolve<ProbeResult>({ available: true, devices: [{ name: "JavaScript on the CPU" }] }),
    open: () => Promise.resolve(new CpuContext()),
  };
}

class CpuContext implements ComputeContext<CpuBuffer, CpuWeight> {
  readonly #scratch = new CpuScratch();
  readonly #ropeTables = new WeakMap<readonly number[], RopeTable>();
  /** What is not freed yet: whoever keeps a disposed model must not keep its memory. */
  readonly #live = new Set<CpuBuffer | CpuWeight>();
  #expandedBytes = 0;
  #disposed = false;

  async upload(weight: WeightUpload): Promise<CpuWeight> {
    this.#check();
    const { name, type, shape, byteLength } = weight;
    const bytes = allocateBytes(byteLength, name);
    // Pieces keep the peak at one copy of the weight plus one piece.
    for (let offset = 0; offset < byteLength; offset += uploadPieceBytes) {
      bytes.set(await weight.read(offset, Math.min(uploadPieceBytes, byteLength - offset)), offset);
    }
    const row = rowBytes(type, shape.at(-1)!);
    const decode = dequantizer(type);
    if (type === "F32") {
      const floats = new Float32Array(bytes.buffer, 0, byteLength / 4);
      return this.#keep({ type, shape, bytes, rowBytes: row, decode, floats });
    }
    const elements = shape.reduce((product, size) => product * size);
    if (this.#expandedBytes + elements * 4 > mostExpandedBytes) {
      return this.#keep({ type, shape, bytes, rowBytes: row, decode, floats: undefined });
    }
    this.#expandedBytes += elements * 4;
    const floats = new Float32Array(allocateBytes(elements * 4, name).buffer);
    decode(bytes, 0, elements, floats, 0);
    return this.#keep({ type, shape, bytes: new Uint8Array(0), rowBytes: row, decode, floats });
  }

  allocate(length: number): CpuBuffer {
    this.#check();
    return this.#keep({ length, data: new Float32Array(allocateBytes(length * 4, `${length} elements`).buffer) });
  }

  free(object: CpuBuffer | CpuWeight): void {
    this.#live.delete(object);
    if ("data" in object) object.data = new Float32Array(0);
    else {
      object.bytes = new Uint8Array(0);
      object.floats = undefined;
    }
  }

  write(buffer: CpuBuffer, offset: number, data: Float32Array): void {
    buffer.data.set(data, offset);
  }

  copy(from: CpuBuffer, fromOffset: number, to: CpuBuffer, toOffset: number, length: number): void {
    to.data.set(from.data.subarray(fromOffset, fromOffset + length), toOffset);
  }

  read(buffer: CpuBuffer, offset: number, length: number): Promise<Float32Array<ArrayBuffer>> {
    this.#check();
    return Promise.resolve(buffer.data.slice(offset, offset + length) as Float32Array<ArrayBuffer>);
  }

  embed(work: EmbedArguments<CpuBuffer, CpuWeight>): void {
    embed(work);
  }

  rmsNorm(work: RmsNormArguments<CpuBuffer, CpuWeight>): void {
    rmsNorm(work);
  }

  linear(work: LinearArguments<CpuBuffer, CpuWeight>): void {
    linear(work, this.#scratch);
  }

  rope(work: RopeArguments<CpuBuffer>): void {
    let table = this.#ropeTables.get(work.frequencies);
    if (table === undefined) {
      table = new RopeTable(work.frequencies);
      this.#ropeTables.set(work.frequencies, table);
    }
    rope(work, table);
  }

  attention(work: AttentionArguments<CpuBuffer>): void {
    attention(work, this.#scratch);
  }

  swiglu(work: SwigluArguments<CpuBuffer>): void {
    swiglu(work);
  }

  add(work: AddArguments<CpuBuffer>): void {
    add(work);
  }

  dispose(): Promise<void> {
    this.#disposed = true;
    for (const object of this.#live) this.free(object);
    return Promise.resolve();
  }

  #keep<T extends CpuBuffer | CpuWeight>(object: T): T {
    this.#live.add(object);
    return object;
  }

  #check(): void {
    if (this.#disposed)
      throw new BayLingError("disposed", { source: "cpu", problem: "the device context is disposed" });
  }
}

/**
 * Weights are decoded once, and not whenever they are used, up to this much of memory: small models then run some times
 * faster, and large ones stay as small as their files.
 */
const mostExpandedBytes = 128 * 2 ** 20;

const uploadPieceBytes = 64 * 2 ** 20;

function allocateBytes(byteLength: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(byteLength);
  } catch (cause) {
    throw new BayLingError("out-of-memory", {
      source: "cpu",
      field: what,
      problem: "the memory cannot be allocated",
      received: `${byteLength} bytes`,
      remedy: "Take a smaller model, a stronger quantization or a shorter context",
      cause,
    });
  }
}
