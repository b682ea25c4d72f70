import type { PlanResources } from "../plan/compile-plan.ts";
import type { BatchExtent } from "../plan/program.ts";

/** How large the batch at hand is, for those who record programs and, through uniforms, for kernels. */
export class BatchExtents {
  readonly #queue: GPUQueue;
  readonly #batch: PlanResources["batch"];
  readonly #count = new Uint32Array(4);
  readonly extent: BatchExtent = { rows: 0, outputs: 0, splits: 0, tiles: 0 };

  constructor(queue: GPUQueue, { batch }: PlanResources) {
    this.#queue = queue;
    this.#batch = batch;
  }

  setRows(rows: number): void {
    this.extent.rows = rows;
    this.#write(this.#batch.rowCount, rows);
  }

  setOutputs(outputs: number): void {
    this.extent.outputs = outputs;
    this.#write(this.#batch.outputCount, outputs);
  }

  #write(buffer: GPUBuffer, count: number): void {
    this.#count[0] = count;
    this.#queue.writeBuffer(buffer, 0, this.#count);
  }
}
