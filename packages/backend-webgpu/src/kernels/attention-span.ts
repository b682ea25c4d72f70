import { type AttentionShape, attentionLayout, windowCode } from "./attention-shape.ts";

/** Positions that a workgroup takes at once. */
export const splitPositions = 64;

/** Workgroups that keep a large GPU busy; more make partial results that cost more to join than they gain. */
const wantedWorkgroups = 1024;

/** The most splits of a row, whatever its position: beyond, splits get longer. */
function splitLimit({ keyValueHeads }: AttentionShape): number {
  return Math.min(256, Math.max(32, Math.ceil(wantedWorkgroups / keyValueHeads)));
}

/** Splits to dispatch for rows at `position` and before. Kernels leave out those that a row does not need. */
export function attentionSplits(shape: AttentionShape, position: number): number {
  const positions = Math.min(position + 1, shape.window ?? Infinity);
  return Math.min(splitLimit(shape), Math.ceil(positions / splitPositions));
}

/** Elements of the partial results of one row. */
export function attentionPartials(shape: AttentionShape): number {
  return shape.heads * partialStride(shape);
}

/** Elements of the partial results of one head. */
function partialStride(shape: AttentionShape): number {
  const { parts, width } = attentionLayout(shape);
  return splitLimit(shape) * (parts + 1) * width;
}

/**
 * WGSL: `spanOf`, how the positions that a row attends to are cut into splits, and `partialAt`, where in `partials` the
 * result of a split lies: [rows, heads, splits, parts + 1], a part (maximum, sum of weights) and the weighted values.
 */
export function spanCode(shape: AttentionShape): string {
  const { parts } = attentionLayout(shape);
  const limit = splitLimit(shape);
  return `
${windowCode(shape)}
struct Span {
  first: u32,   // first position
  length: u32,  // positions of a split
  splits: u32,
}
fn spanOf(position: u32) -> Span {
  let first = windowStart(position);
  let tiles = (position - first) / ${splitPositions}u + 1u;
  let tilesPerSplit = (tiles + ${limit - 1}u) / ${limit}u;
  return Span(first, tilesPerSplit * ${splitPositions}u, (tiles + tilesPerSplit - 1u) / tilesPerSplit);
}
fn partialAt(row: u32, head: u32, split: u32) -> u32 {
  return ((row * ${shape.heads}u + head) * ${limit}u + split) * ${parts + 1}u;
}`;
}
