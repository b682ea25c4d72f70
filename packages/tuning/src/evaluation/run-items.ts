import type { RunFile } from "./run-file.ts";

export interface RunItemsOptions<Answer> {
  /** At most so many at a time. */
  readonly concurrency: number;
  /** Keeps answers over restarts. Default: none. */
  readonly file?: RunFile<Answer> | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Answers all items, some at a time, and gives the answers in the order of the items. When one fails, no more are begun,
 * those that run are aborted, and what was answered stays in the file.
 */
export async function runItems<Item, Answer>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  answer: (item: Item, signal: AbortSignal) => Promise<Answer>,
  { concurrency, file, onProgress, signal }: RunItemsOptions<Answer>,
): Promise<Answer[]> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const answers = new Array<Answer>(items.length);
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < items.length) {
      both.throwIfAborted();
      const index = next++;
      const item = items[index]!;
      const key = keyOf(item);
      const known = file?.get(key);
      answers[index] = known ?? (await answer(item, both));
      if (known === undefined) await file?.add(key, answers[index]!);
      onProgress?.(++done, items.length);
    }
  };
  const workers = Array.from({ length: Math.max(1, Math.min(concurrency, items.length)) }, work);
  try {
    await Promise.all(workers);
    return answers;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(workers);
    signal?.throwIfAborted();
    throw error;
  }
}
