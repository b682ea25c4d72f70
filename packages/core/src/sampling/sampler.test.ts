import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BayLingError } from "../errors.ts";
import { logSoftmax, logSumExp } from "./log-softmax.ts";
import { sampleToken } from "./sampler.ts";
import type { SamplingSpec } from "./sampling-spec.ts";
import { applyMask, isAllowed, maskOf } from "./token-mask.ts";
import { bestTokens, topScores } from "./top-scores.ts";

const plain: SamplingSpec = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  penaltyWindow: 64,
  logitBias: new Map(),
  seed: 7,
};
const row = fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 80 });

/** How often each token is drawn at `draws` positions. */
function frequencies(scores: Float32Array, spec: SamplingSpec, draws: number, mask?: Uint32Array): number[] {
  const counts = new Array<number>(scores.length).fill(0);
  for (let position = 0; position < draws; position++) {
    counts[sampleToken(scores, spec, { position, history: [], mask })]!++;
  }
  return counts.map((count) => count / draws);
}

describe("sampleToken", () => {
  it("takes the best token at the smallest temperature there is", () => {
    const spec = { ...plain, temperature: Number.MIN_VALUE, topK: 2 };
    expect(sampleToken(Float32Array.of(-5, -1, -9, -3), spec, { position: 3, history: [] })).toBe(1);
  });

  it("draws from the softmax of the scores", () => {
    const probabilities = [0.5, 0.3, 0.15, 0.05];
    const drawn = frequencies(Float32Array.from(probabilities, Math.log), plain, 40_000);
    // Three standard deviations of a share over 40,000 draws are at most 0.0075.
    drawn.forEach((share, id) => {
      expect(Math.abs(share - probabilities[id]!)).toBeLessThan(0.0075);
    });
  });

  it("sharpens with a low temperature and flattens with a high one", () => {
    const scores = Float32Array.of(1, 0);
    const share = (temperature: number) => frequencies(scores, { ...plain, temperature }, 20_000)[0]!;
    const expected = (temperature: number) => 1 / (1 + Math.exp(-1 / temperature));
    for (const temperature of [0.3, 1, 3]) expect(share(temperature)).toBeCloseTo(expected(temperature), 1);
  });

  it("is greedy at temperature 0, with the lowest id of equals", () => {
    expect(sampleToken(Float32Array.of(1, 3, 3, 2), { ...plain, temperature: 0 }, { position: 0, history: [] })).toBe(
      1,
    );
  });

  it("gives the same token for the same seed and position, and other tokens for others", () => {
    const scores = new Float32Array(1000);
    const draw = (seed: number, position: number) => sampleToken(scores, { ...plain, seed }, { position, history: [] });
    expect(draw(1, 5)).toBe(draw(1, 5));
    expect(new Set(Array.from({ length: 50 }, (_, position) => draw(1, position))).size).toBeGreaterThan(40);
    expect(new Set(Array.from({ length: 50 }, (_, seed) => draw(seed, 1))).size).toBeGreaterThan(40);
  });

  it("keeps to top-k, top-p and min-p", () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 10 }), fc.double({ min: 0.05, max: 1, noNaN: true }), (list, k, p) => {
        const scores = Float32Array.from(list);
        const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
        const probabilities = logSoftmax(Float32Array.from(scores)).map(Math.exp);
        const draw = (spec: Partial<SamplingSpec>) =>
          sampleToken(scores, { ...plain, ...spec }, { position: list.length, history: [] });
        expect(sorted.indexOf(draw({ topK: k }))).toBeLessThan(k);
        expect(probabilities[draw({ minP: p })]! * 1.0001).toBeGreaterThanOrEqual(p * probabilities[sorted[0]!]!);
        const rank = sorted.indexOf(draw({ topP: p }));
        const before = sorted.slice(0, rank).reduce((sum, id) => sum + probabilities[id]!, 0);
        expect(before).toBeLessThan(p + 1e-5);
      }),
    );
  });

  it("draws what the mask allows and nothing else, whatever the scores", () => {
    fc.assert(
      fc.property(row, fc.nat(), fc.nat(), (list, choice, position) => {
        const scores = Float32Array.from(list);
        const only = choice % list.length;
        const mask = maskOf(list.length, [only]);
        expect(sampleToken(scores, plain, { position, history: [], mask })).toBe(only);
        expect(sampleToken(scores, { ...plain, topK: 3 }, { position, history: [], mask })).toBe(only);
      }),
    );
  });

  it("applies bias and penalties to log-probabilities, within the window", () => {
    const scores = Float32Array.of(5, 4.9, 1);
    const greedy = (spec: Partial<SamplingSpec>, history: number[] = []) =>
      sampleToken(scores, { ...plain, temperature: 0, ...spec }, { position: 3, history });
    expect(greedy({ logitBias: new Map([[0, -1]]) })).toBe(1);
    expect(greedy({ logitBias: new Map([[2, 10]]) })).toBe(2);
    expect(greedy({ logitBias: new Map([[0, -Infinity]]) })).toBe(1);
    expect(greedy({ repetitionPenalty: 1.5 }, [0])).toBe(1);
    expect(greedy({ frequencyPenalty: 0.06 }, [0])).toBe(0);
    expect(greedy({ frequencyPenalty: 0.06 }, [0, 0])).toBe(1);
    expect(greedy({ presencePenalty: 0.2 }, [0])).toBe(1);
    expect(greedy({ presencePenalty: 0.2, penaltyWindow: 1 }, [0, 2])).toBe(0);
  });

  it.each([
    ["NaN among the scores", Float32Array.of(1, Number.NaN, 2), undefined],
    ["only −Infinity", Float32Array.of(-Infinity, -Infinity), undefined],
    ["+Infinity", Float32Array.of(1, Infinity), undefined],
    ["nothing allowed", Float32Array.of(1, 2), new Uint32Array(1)],
  ])("refuses %s", (_, scores, mask) => {
    for (const temperature of [0, 1]) {
      const draw = () => sampleToken(scores, { ...plain, temperature }, { position: 0, history: [], mask });
      expect(draw).toThrow(expect.objectContaining({ code: "scores-invalid" }) as BayLingError);
    }
  });

  it("leaves the scores as they are", () => {
    const scores = Float32Array.of(1, 2, 3);
    sampleToken(scores, { ...plain, topP: 0.5, logitBias: new Map([[1, 3]]) }, { position: 0, history: [2] });
    expect([...scores]).toEqual([1, 2, 3]);
  });
});

describe("topScores", () => {
  it("agrees with sorting everything", () => {
    fc.assert(
      fc.property(row, fc.nat({ max: 100 }), (list, count) => {
        const scores = Float32Array.from(list);
        const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count);
        const expected = logSoftmax(Float32Array.from(scores));
        const top = topScores(scores, count, [0]);
        expect([...top.ids]).toEqual(sorted);
        top.ids.forEach((id, index) => {
          expect(top.logProbabilities[index]).toBeCloseTo(expected[id]!, 4);
        });
        expect(top.selected[0]).toBeCloseTo(expected[0]!, 4);
      }),
    );
  });

  it("leaves forbidden and impossible tokens out", () => {
    const scores = Float32Array.of(5, -Infinity, 3, 4);
    expect([...bestTokens(scores, 4)]).toEqual([0, 3, 2]);
    expect([...bestTokens(scores, 4, maskOf(4, [1, 2, 3]))]).toEqual([3, 2]);
  });
});

describe("token masks", () => {
  it("allow the ids that they were made of", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 99 })), (ids) => {
        const mask = maskOf(100, ids);
        const scores = new Float32Array(100);
        applyMask(scores, mask);
        for (let id = 0; id < 100; id++) {
          expect(isAllowed(mask, id)).toBe(ids.includes(id));
          expect(scores[id]).toBe(ids.includes(id) ? 0 : -Infinity);
        }
      }),
    );
  });
});

describe("logSumExp", () => {
  it("is stable far from zero", () => {
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 5);
    expect(logSumExp(Float32Array.of(-1000, -Infinity))).toBeCloseTo(-1000, 5);
    expect(logSumExp(Float32Array.of(-Infinity))).toBe(-Infinity);
  });
});
