/** A pair of neighbouring symbols, and how often it was seen when it came into the queue. */
export interface QueuedPair {
  readonly key: number;
  readonly count: number;
  readonly spelling: string;
}

/** A heap of pairs: the most frequent first, of equals the shorter, then the one that sorts first. */
export class PairQueue {
  readonly #heap: QueuedPair[] = [];

  push(pair: QueuedPair): void {
    const heap = this.#heap;
    let at = heap.push(pair) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(pair, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = pair;
  }

  pop(): QueuedPair | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: QueuedPair, other: QueuedPair): boolean {
  if (one.count !== other.count) return one.count > other.count;
  if (one.spelling.length !== other.spelling.length) return one.spelling.length < other.spelling.length;
  return one.spelling < other.spelling;
}
