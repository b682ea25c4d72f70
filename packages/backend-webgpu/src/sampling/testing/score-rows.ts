import { bufferUsage, mapMode } from "../../device/constants.ts";
import type { Dispatch } from "../../device/dispatch.ts";
import type { GpuContext } from "../../device/gpu-context.ts";
import { rowBytes } from "../../plan/batch-state.ts";

/** Runs dispatches in one submit. */
export function submit(context: GpuContext, dispatches: readonly Dispatch[]): void {
  const encoder = context.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    pass.setPipeline(pipeline.pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
  context.device.queue.submit([encoder.finish()]);
}

export async function readWords(context: GpuContext, buffer: GPUBuffer, byteLength: number): Promise<Uint32Array> {
  const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
  const copy = context.createBuffer({ label: "read-back", size: byteLength, usage });
  const encoder = context.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, copy, 0, byteLength);
  context.device.queue.submit([encoder.finish()]);
  await copy.mapAsync(mapMode.read);
  const words = new Uint32Array(copy.getMappedRange(0, byteLength)).slice();
  context.free(copy);
  context.checkFailure();
  return words;
}

/** Rows of scores and their states on the GPU, written by a test instead of a model. */
export class ScoreRows {
  readonly scores: GPUBuffer;
  readonly rows: GPUBuffer;
  readonly #context: GpuContext;
  readonly #stride: number;

  constructor(context: GpuContext, stride: number, maxRows: number) {
    this.#context = context;
    this.#stride = stride;
    this.scores = context.createStorage("scores", 4 * stride * maxRows);
    this.rows = context.createStorage("rows", rowBytes * maxRows);
  }

  writeScores(rows: readonly Float32Array[]): void {
    rows.forEach((scores, row) => {
      const bytes = scores as Float32Array<ArrayBuffer>;
      this.#context.device.queue.writeBuffer(this.scores, 4 * this.#stride * row, bytes);
    });
  }

  /** @param positions of the tokens that the scores come from */
  writeStates(positions: readonly number[]): void {
    const states = Uint32Array.from(positions.flatMap((position) => [77, position, 88, 0]));
    this.#context.device.queue.writeBuffer(this.rows, 0, states);
  }

  async readStates(count: number): Promise<{ token: number; position: number; pages: number; drawn: number }[]> {
    const words = await readWords(this.#context, this.rows, rowBytes * count);
    return Array.from({ length: count }, (_, row) => {
      const [token, position, pages, drawn] = words.subarray(4 * row) as unknown as [number, number, number, number];
      return { token, position, pages, drawn };
    });
  }

  dispose(): void {
    this.#context.free(this.scores);
    this.#context.free(this.rows);
  }
}
