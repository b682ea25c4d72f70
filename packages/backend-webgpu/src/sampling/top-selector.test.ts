import { type TopScores, topScores } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { RandomNumbers } from "./testing/random-numbers.ts";
import { randomMask, randomScores } from "./testing/random-scores.ts";
import { readWords, ScoreRows, submit } from "./testing/score-rows.ts";
import { type TopRequest, TopSelector } from "./top-selector.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

/** A selector over scores that the test writes. */
class Bench {
  readonly inputs: ScoreRows;
  readonly selector: TopSelector;

  constructor(vocabularySize: number, { maxRows = 16, scoreStride = vocabularySize } = {}) {
    this.inputs = new ScoreRows(context, scoreStride, maxRows);
    this.selector = new TopSelector(context, { vocabularySize, scoreStride, maxRows }, this.inputs.scores);
  }

  async select(scores: readonly Float32Array[], requests: readonly (TopRequest | undefined)[]): Promise<TopScores[]> {
    this.inputs.writeScores(scores);
    await this.selector.prepare(requests);
    submit(context, this.selector.dispatches);
    const words = await readWords(context, this.selector.output, Math.max(4, this.selector.byteLength));
    return requests.map((_, row) => this.selector.decode(words, row));
  }

  dispose(): void {
    this.selector.dispose();
    this.inputs.dispose();
  }
}

/** Ids are the same; log-probabilities may be rounded otherwise. */
function expectSame(actual: TopScores, scores: Float32Array, { top, ids, mask }: TopRequest): void {
  const expected = topScores(scores, top, ids, mask);
  expect([...actual.ids]).toEqual([...expected.ids]);
  for (const part of ["logProbabilities", "selected"] as const) {
    expect(actual[part].length).toBe(expected[part].length);
    expected[part].forEach((value, index) => {
      const other = actual[part][index]!;
      if (!Number.isFinite(value)) expect(other).toBe(value);
      else if (Math.abs(other - value) > 2e-6 * Math.max(1, Math.abs(value))) expect(other).toBe(value);
    });
  }
}

describe("TopSelector", () => {
  it.each([
    [1, 4],
    [7, 10],
    [33, 20],
    [3000, 30],
    [128_256, 2],
  ])("selects what core selects from a vocabulary of %i", async (size, runs) => {
    const random = new RandomNumbers(size);
    const bench = new Bench(size, { scoreStride: size + random.integer(40) });
    for (let run = 0; run < runs; run++) {
      const many = 1 + random.integer(size > 10_000 ? 5 : 16);
      const requests = Array.from({ length: many }, (): TopRequest | undefined => {
        if (random.next() < 0.1) return undefined;
        return {
          top: random.pick([0, 1, 2, 5, 10, 64, 100, 1000, 1024]),
          ids: Array.from({ length: random.pick([0, 0, 1, 20, 500]) }, () => random.integer(size)),
          mask: random.next() < 0.3 ? randomMask(random, size) : undefined,
        };
      });
      const scores = requests.map(() => randomScores(random, size));
      const answers = await bench.select(scores, requests);
      requests.forEach((request, row) => {
        if (request === undefined) expect(answers[row]!.ids.length).toBe(0);
        else expectSame(answers[row]!, scores[row]!, request);
      });
    }
    bench.dispose();
  });

  it("has ties go to the lower id, also of 0 and −0, and tells the smallest differences apart", async () => {
    const bench = new Bench(3000);
    const equal = new Float32Array(3000).map((_, id) => (id % 3 === 0 ? 0 : -0));
    const close = new Float32Array(3000).map((_, id) => Math.fround(20 + ((id * 7) % 3000) * 2 ** -19));
    const tiny = new Float32Array(3000).map((_, id) => ((id * 11) % 3000) * 1.4e-45);
    tiny[5] = 1e30;
    tiny[77] = -3e38;
    const rows = [equal, close, tiny];
    const answers = await bench.select(rows, [{ top: 100 }, { top: 100 }, { top: 100 }]);
    rows.forEach((scores, row) => {
      expectSame(answers[row]!, scores, { top: 100 });
    });
    bench.dispose();
  });

  it("gives the same bits whenever it is asked", async () => {
    const bench = new Bench(3000);
    const random = new RandomNumbers(9);
    const scores = [randomScores(random, 3000), randomScores(random, 3000)];
    const requests = [{ top: 50, ids: [1, 2] }, { top: 1024 }];
    const [first, second] = [await bench.select(scores, requests), await bench.select(scores, requests)];
    expect(second).toEqual(first);
    bench.dispose();
  });

  it("leaves out what is −Infinity or forbidden, and has fewer then", async () => {
    const bench = new Bench(3000);
    const scores = new Float32Array(3000).fill(Number.NEGATIVE_INFINITY);
    scores[2999] = 1;
    scores[40] = 1;
    const mask = new Uint32Array(94);
    mask[1] = 1 << 8;
    const nothing = new Float32Array(3000).fill(Number.NEGATIVE_INFINITY);
    const requests = [{ top: 5 }, { top: 5, mask }, { top: 5, mask: new Uint32Array(94) }, { top: 5, ids: [3] }];
    const answers = await bench.select([scores, scores, scores, nothing], requests);
    expect(answers.map(({ ids }) => [...ids])).toEqual([[40, 2999], [40], [], []]);
    expect(answers[1]!.logProbabilities[0]).toBeCloseTo(-Math.LN2, 6);
    expect(answers[3]!.selected[0]).toBeNaN();
    bench.dispose();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "has only NaN for log-probabilities of a row with %d",
    async (wrong) => {
      const bench = new Bench(3000);
      const scores = new Float32Array(3000);
      scores[1234] = wrong;
      const [{ ids, logProbabilities, selected }] = (await bench.select([scores], [{ top: 3, ids: [7, 1234] }])) as [
        TopScores,
      ];
      expect(ids.length).toBe(3);
      expect([...logProbabilities, ...selected]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
      bench.dispose();
    },
  );

  it("says how many it can select", () => {
    expect(TopSelector.canSelect(1024, 128_256)).toBe(true);
    expect(TopSelector.canSelect(1025, 128_256)).toBe(false);
    expect(TopSelector.canSelect(5000, 1000)).toBe(true);
  });

  it("takes three dispatches", async () => {
    const bench = new Bench(3000);
    await bench.selector.prepare([{ top: 3 }]);
    expect(bench.selector.dispatches.length).toBe(3);
    bench.dispose();
  });
});
