import type { BatchItem } from "@bayling/core/backend";
import { attentionTileRows } from "../kernels/attention.ts";
import { rowBytes } from "../plan/batch-state.ts";
import type { WebGpuSequence } from "../webgpu-sequence.ts";

export interface WebGpuItem extends BatchItem {
  readonly sequence: WebGpuSequence;
}

/** A row whose scores or states are wanted. */
export interface OutputRow {
  /** Which item of the batch. */
  readonly item: number;
  /** The row among those of the item. */
  readonly row: number;
  /** The row of the batch. */
  readonly batchRow: number;
}

/** Where everything of a batch lies: the rows of all items one after the other, and what is wanted of them. */
export interface BatchLayout {
  readonly rows: number;
  /** Whether every row is another sequence that goes on by one token. */
  readonly singles: boolean;
  /** [rows] of Row: token, position, where the page table begins, 0 */
  readonly rowData: Uint32Array<ArrayBuffer>;
  /** The last row of every item, [items] of Row. */
  readonly lastRowData: Uint32Array<ArrayBuffer>;
  /** [tiles, 2]: first row, rows of consecutive rows of one sequence */
  readonly tiles: Uint32Array<ArrayBuffer>;
  /** Rows that need scores; of items that want all of them last. */
  readonly scores: readonly OutputRow[];
  /** Rows that need the state behind the last norm. */
  readonly states: readonly OutputRow[];
}

/**
 * @param items those that draw tokens first, so that the row of the scores, the slot of the sampler and the row of the
 * next step are one
 */
export function layOutBatch(
  items: readonly WebGpuItem[],
  tableStart: (sequence: WebGpuSequence) => number,
): BatchLayout {
  const words = rowBytes / 4;
  const rows = items.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const rowData = new Uint32Array(rows * words);
  const lastRowData = new Uint32Array(items.length * words);
  const tiles: number[] = [];
  const lastScores: OutputRow[] = [];
  const allScores: OutputRow[] = [];
  const states: OutputRow[] = [];
  let firstRow = 0;
  items.forEach(({ sequence, tokens, want, sample }, item) => {
    const table = tableStart(sequence);
    tokens.forEach((token, row) => {
      rowData.set([token, sequence.cached + row, table, 0], (firstRow + row) * words);
    });
    for (let row = 0; row < tokens.length; row += attentionTileRows) {
      tiles.push(firstRow + row, Math.min(attentionTileRows, tokens.length - row));
    }
    const last = tokens.length - 1;
    lastRowData.set([tokens[last]!, sequence.cached + last, table, 0], item * words);
    if (want === "embedding" || want === "all") {
      const list = want === "all" ? allScores : states;
      for (let row = 0; row < tokens.length; row++) list.push({ item, row, batchRow: firstRow + row });
    } else if (want !== "none" || sample !== undefined) {
      lastScores.push({ item, row: last, batchRow: firstRow + last });
    }
    firstRow += tokens.length;
  });
  return {
    ...{ rows, rowData, lastRowData, tiles: Uint32Array.from(tiles), states },
    singles: items.every(({ tokens }) => tokens.length === 1),
    scores: [...lastScores, ...allScores],
  };
}
