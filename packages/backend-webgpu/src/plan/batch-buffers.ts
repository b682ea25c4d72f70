import type { GpuContext } from "../device/gpu-context.ts";
import { rowBytes } from "./batch-state.ts";

/** What the host tells the GPU about a batch; written before a run and, for decoding, carried on by the GPU itself. */
export interface BatchBuffers {
  /** Rows of sequences that go on token by token; the sampler writes the next token into them. [maxSequences] of Row */
  readonly decodeRows: GPUBuffer;
  /** Rows of a batch of longer pieces. [maxTokens] of Row */
  readonly prefillRows: GPUBuffer;
  /** [maxSequences, pages a sequence] */
  readonly pageTable: GPUBuffer;
  /** (firstRow, rows) of each group of consecutive rows of one sequence. [maxTokens] */
  readonly tiles: GPUBuffer;
  /** Rows whose scores or states are wanted. [maxTokens] */
  readonly outputRows: GPUBuffer;
  /** The number of rows, and of outputs, for kernels that work on tiles: uniforms of four numbers. */
  readonly rowCount: GPUBuffer;
  readonly outputCount: GPUBuffer;
}

export interface BatchLimits {
  readonly maxTokens: number;
  readonly maxSequences: number;
  readonly pagesPerSequence: number;
}

export function createBatchBuffers(context: GpuContext, limits: BatchLimits): BatchBuffers {
  const { maxTokens, maxSequences, pagesPerSequence } = limits;
  return {
    decodeRows: context.createStorage("decode rows", Math.max(maxSequences, 1) * rowBytes),
    prefillRows: context.createStorage("prefill rows", maxTokens * rowBytes),
    pageTable: context.createStorage("page table", maxSequences * pagesPerSequence * 4),
    tiles: context.createStorage("tiles", maxTokens * 8),
    outputRows: context.createStorage("output rows", maxTokens * 4),
    rowCount: context.createUniform("row count", 16),
    outputCount: context.createUniform("output count", 16),
  };
}
