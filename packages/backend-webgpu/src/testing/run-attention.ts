import type { GpuContext } from "../device/gpu-context.ts";
import { attention, attentionTileRows, attentionWorkgroups } from "../kernels/attention.ts";
import { attentionReduce, attentionReduceWorkgroups } from "../kernels/attention-reduce.ts";
import { attentionPartials, attentionSplits } from "../kernels/attention-span.ts";
import { attentionSplit, attentionSplitWorkgroups } from "../kernels/attention-split.ts";
import { ropeStore, ropeStoreWorkgroups } from "../kernels/rope-store.ts";
import type { ReferenceBatch } from "./reference-attention.ts";
import { type KernelData, runKernel } from "./run-kernel.ts";

/** What the kernels that turn heads bind: norm weights only where heads are normalised. */
function headBindings({ shape, qkv, ropeTable, normWeights, rows, pageTable }: ReferenceBatch): KernelData[] {
  return [qkv, ropeTable, ...(shape.normEpsilon === undefined ? [] : [normWeights]), rows, pageTable];
}

function emptyOutput({ shape, rowCount }: ReferenceBatch): Float32Array<ArrayBuffer> {
  return new Float32Array(rowCount * shape.outputStride).fill(Number.NaN);
}

/** The way of single tokens; writes into the caches of `batch`. */
export async function runSplitAttention(context: GpuContext, batch: ReferenceBatch): Promise<Float32Array> {
  const { shape, rows, rowCount, keyCache, valueCache } = batch;
  const partials = new Float32Array(rowCount * attentionPartials(shape)).fill(Number.NaN);
  const farthest = Math.max(...batch.pieces.map(({ position }) => position));
  await runKernel(
    context,
    attentionSplit(shape),
    [...headBindings(batch), keyCache, valueCache, partials],
    attentionSplitWorkgroups(shape, rowCount, attentionSplits(shape, farthest)),
  );
  const output = emptyOutput(batch);
  const workgroups = attentionReduceWorkgroups(shape, rowCount);
  await runKernel(context, attentionReduce(shape), [rows, partials, output], workgroups);
  return output;
}

export async function runRopeStore(context: GpuContext, batch: ReferenceBatch): Promise<void> {
  const { shape, rowCount, keyCache, valueCache } = batch;
  const data = [...headBindings(batch), keyCache, valueCache];
  await runKernel(context, ropeStore(shape), data, ropeStoreWorkgroups(shape, rowCount));
}

/** The way of longer pieces; writes into the caches and the queries of `batch`. */
export async function runTiledAttention(context: GpuContext, batch: ReferenceBatch): Promise<Float32Array> {
  await runRopeStore(context, batch);
  const { shape, qkv, rows, pageTable, keyCache, valueCache, pieces } = batch;
  const tiles: number[] = [];
  let firstRow = 0;
  for (const piece of pieces) {
    for (let row = 0; row < piece.rows; row += attentionTileRows) {
      tiles.push(firstRow + row, Math.min(attentionTileRows, piece.rows - row));
    }
    firstRow += piece.rows;
  }
  const output = emptyOutput(batch);
  const data = [qkv, rows, pageTable, Uint32Array.from(tiles), keyCache, valueCache, output];
  await runKernel(context, attention(shape), data, attentionWorkgroups(shape, tiles.length / 2));
  return output;
}
