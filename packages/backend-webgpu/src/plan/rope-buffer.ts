import type { RopeNode } from "@bayling/core/backend";
import type { GpuContext } from "../device/gpu-context.ts";
import { ropeTable } from "../kernels/rope-table.ts";
import { releaseArray } from "../weights/release-array.ts";

const pieceBytes = 2 * 2 ** 20;

/** Bytes of {@link createRopeBuffer} for one position. */
export function ropeBytes({ frequencies }: RopeNode): number {
  return frequencies.length * 8;
}

/**
 * How far heads are turned at every position, [contextLength, pairs] of (cosine, sine). Computed piece by piece: that of
 * a long context takes more memory than all else that is made here.
 */
export function createRopeBuffer(context: GpuContext, rotation: RopeNode, contextLength: number): GPUBuffer {
  const buffer = context.createStorage("rope table", contextLength * ropeBytes(rotation));
  const positions = Math.floor(pieceBytes / ropeBytes(rotation));
  for (let first = 0; first < contextLength; first += positions) {
    const piece = ropeTable(rotation, Math.min(positions, contextLength - first), (row) => first + row);
    context.device.queue.writeBuffer(buffer, first * ropeBytes(rotation), piece);
    releaseArray(new Uint8Array(piece.buffer));
  }
  return buffer;
}
