import type { Dispatch } from "./dispatch.ts";

/** How many dispatches are recorded before they are handed to the GPU without being asked. */
const flushEvery = 256;

/** Records dispatches and copies in order, in as few compute passes as it can, and submits them when asked. */
export class CommandRecorder {
  readonly #device: GPUDevice;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #dispatches = 0;
  #afterwards: (() => void)[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  dispatch({ pipeline, bindGroup, workgroups }: Dispatch): void {
    this.#pass ??= this.#open().beginComputePass();
    this.#pass.setPipeline(pipeline.pipeline);
    this.#pass.setBindGroup(0, bindGroup);
    this.#pass.dispatchWorkgroups(...workgroups);
    if (++this.#dispatches >= flushEvery) this.flush();
  }

  /** Offsets and length in bytes, multiples of 4. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, byteLength: number): void {
    if (byteLength === 0) return;
    this.#endPass();
    this.#open().copyBufferToBuffer(from, fromOffset, to, toOffset, byteLength);
  }

  /** Runs `action` once what is recorded so far has been submitted: buffers must not be destroyed before. */
  afterSubmit(action: () => void): void {
    if (this.#encoder === undefined) action();
    else this.#afterwards.push(action);
  }

  flush(): void {
    this.#endPass();
    if (this.#encoder === undefined) return;
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#dispatches = 0;
    for (const action of this.#afterwards.splice(0)) action();
  }

  #open(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
