import { bufferUsage } from "./constants.ts";
import type { Gpu } from "./gpu.ts";
import type { PipelineCache } from "./pipeline-cache.ts";

/** What one model holds on a GPU: its buffers. */
export class GpuContext {
  readonly gpu: Gpu;
  readonly #buffers = new Set<GPUBuffer>();

  constructor(gpu: Gpu) {
    this.gpu = gpu;
  }

  get device(): GPUDevice {
    return this.gpu.device;
  }

  get pipelines(): PipelineCache {
    return this.gpu.pipelines;
  }

  /** A storage buffer of zeros that can be written and read back. */
  createStorage(label: string, byteLength: number): GPUBuffer {
    const { storage, copySource, copyDestination } = bufferUsage;
    return this.createBuffer({ label, size: byteLength, usage: storage | copySource | copyDestination });
  }

  /** A small uniform buffer. */
  createUniform(label: string, byteLength: number): GPUBuffer {
    return this.createBuffer({ label, size: byteLength, usage: bufferUsage.uniform | bufferUsage.copyDestination });
  }

  createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    // WebGPU wants sizes in whole words, and bindings that are not empty.
    const buffer = this.device.createBuffer({ ...descriptor, size: Math.max(16, Math.ceil(descriptor.size / 4) * 4) });
    this.#buffers.add(buffer);
    return buffer;
  }

  free(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer);
    buffer.destroy();
  }

  /** Throws what went wrong on the GPU since the last call. @throws BayLingError `out-of-memory`, `backend-failed` */
  checkFailure(): void {
    this.gpu.checkFailure();
  }

  /** Frees every buffer. */
  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
  }
}
