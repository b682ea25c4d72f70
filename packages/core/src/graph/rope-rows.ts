import type { RopePairing } from "./model-config.ts";

/** Where each row of a head comes from: row i of the new head is row `order[i]` of the old one. */
export type RowOrder = readonly number[];

/** The part of a head that decides where its rows go. */
export interface RopeHead {
  /** Rows of a head. */
  readonly headSize: number;
  /** How many of them turn. */
  readonly rotaryDimension: number;
}

/**
 * How the rows of queries and keys change places when the other pairing is wanted: from halves to interleaved pairs or
 * back. Scores of attention are sums over a head, so the same change of queries and keys leaves them as they are. Rows
 * that do not turn stay behind those that do. Biases, norms of heads, and the B matrices of adapters change with them.
 * @param pairing of the new rows; the old ones have the other
 */
export function ropeRowOrder({ headSize, rotaryDimension }: RopeHead, pairing: RopePairing): RowOrder {
  const pairs = rotaryDimension / 2;
  return Array.from({ length: headSize }, (_, row) => {
    if (row >= rotaryDimension) return row;
    if (pairing === "interleaved") return Math.floor(row / 2) + (row % 2) * pairs;
    return row < pairs ? 2 * row : 2 * (row - pairs) + 1;
  });
}

/**
 * Moves the rows of every head in a new array. Rows are blocks of their own in each tensor type, so nothing is lost.
 * @param bytes whole heads: a multiple of `order.length * rowBytes`
 */
export function reorderRows(bytes: Uint8Array, rowBytes: number, order: RowOrder): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length);
  for (let head = 0; head < bytes.length; head += rowBytes * order.length) {
    for (const [target, source] of order.entries()) {
      result.set(bytes.subarray(head + source * rowBytes, head + (source + 1) * rowBytes), head + target * rowBytes);
    }
  }
  return result;
}
