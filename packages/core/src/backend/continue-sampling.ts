import type { BatchItem, BatchResult, DeviceSampling } from "./backend.ts";

/**
 * Feeds drawn tokens back until every sampled item of a batch has its steps or a stop token: what a backend needs that
 * draws one token in an evaluation.
 * @param results of the first evaluation, one draw for each sampled item; the further draws are added to them
 * @param evaluate evaluates items as `doEvaluate` does, with one draw for each
 */
export async function continueSampling(
  batch: readonly BatchItem[],
  results: BatchResult[],
  evaluate: (batch: readonly BatchItem[]) => Promise<readonly BatchResult[]>,
): Promise<void> {
  for (;;) {
    const open = batch.flatMap((item, index) => {
      const drawn = results[index]!.sampled;
      if (item.sample === undefined || drawn === undefined || !wantsMore(item.sample, drawn)) return [];
      return [{ item, index, drawn }];
    });
    if (open.length === 0) return;
    const next = open.map(({ item, drawn }) => {
      const history = concatenate(item.sample!.history, drawn);
      return { ...item, tokens: drawn.slice(-1), sample: { ...item.sample!, history } };
    });
    const more = await evaluate(next);
    open.forEach(({ index, drawn }, at) => {
      results[index] = { sampled: concatenate(drawn, more[at]!.sampled!) };
    });
  }
}

function wantsMore({ steps, stopTokens }: DeviceSampling, drawn: Uint32Array): boolean {
  return drawn.length < steps && !stopTokens.includes(drawn.at(-1)!);
}

function concatenate(left: Uint32Array, right: Uint32Array): Uint32Array {
  const joined = new Uint32Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}
