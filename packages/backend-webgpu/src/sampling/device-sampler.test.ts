import { type SamplingSpec, sampleToken } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import type { SampledRow } from "./device-sampler.ts";
import { RandomNumbers } from "./testing/random-numbers.ts";
import { randomMask, randomScores } from "./testing/random-scores.ts";
import { type Draw, drawOrMessage, greedy, SamplerBench } from "./testing/sampler-bench.ts";
import { readWords, submit } from "./testing/score-rows.ts";

const none = new Uint32Array(0);

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

/**
 * Compares with core, step by step on what was really drawn, as far as anything could be.
 * @returns how many draws there were, and how many differ because two tokens are tied but for rounding
 */
function compareDraws(row: SampledRow, position: number, scores: readonly Float32Array[], draws: readonly Draw[]) {
  const history = [...row.history];
  let ties = 0;
  for (const [step, actual] of draws.entries()) {
    const { spec, mask } = row;
    const draw = (of: Float32Array, changed: SamplingSpec = spec) =>
      drawOrMessage(() => sampleToken(of, changed, { position: position + step, history, mask }));
    const expected = draw(scores[step]!);
    if (actual !== expected) {
      const favoured = scores[step]!.slice();
      if (typeof actual === "number") favoured[actual]! += 1e-5 * Math.max(1, Math.abs(favoured[actual]!));
      const explained = [0, 1e-6, -1e-6].map((by) => draw(favoured, { ...spec, topP: Math.min(1, spec.topP + by) }));
      expect(explained).toContain(actual);
      ties++;
    }
    if (typeof actual === "string") return { draws: step + 1, ties };
    history.push(actual);
  }
  return { draws: draws.length, ties };
}

function randomSpec(random: RandomNumbers, vocabularySize: number): SamplingSpec {
  const maybe = <T>(value: () => T, otherwise: T): T => (random.next() < 0.4 ? value() : otherwise);
  const biases = () =>
    Array.from({ length: 1 + random.integer(20) }, () => {
      return [random.integer(vocabularySize), random.pick([-Infinity, -3.1417, 2.5137, 9.0313])] as const;
    });
  return {
    temperature: random.pick([0, 0.01, 0.3, 0.7, 1, 1, 1.5, 5, 100]),
    topK: maybe(() => 1 + random.integer(random.pick([3, 40, 2 * vocabularySize])), 0),
    topP: maybe(() => random.pick([0.001, 0.3, 0.5, 0.9, 0.95, 0.99, 0.9999999]), 1),
    minP: maybe(() => random.pick([0.001, 0.05, 0.3, 1]), 0),
    repetitionPenalty: maybe(() => random.pick([0.5, 1.1, 1.3, 5]), 1),
    frequencyPenalty: maybe(() => random.pick([-0.5137, 0.2, 3.0219]), 0),
    presencePenalty: maybe(() => random.pick([-1.0173, 0.1, 2.0371]), 0),
    penaltyWindow: random.pick([0, 1, 2, 64, 64, 1000]),
    logitBias: new Map(maybe(biases, [])),
    seed: random.word(),
  };
}

function randomRow(random: RandomNumbers, vocabularySize: number): SampledRow {
  const length = random.pick([0, 5, 200]);
  return {
    spec: random.next() < 0.1 ? greedy : randomSpec(random, vocabularySize),
    history: Uint32Array.from({ length }, () => random.integer(vocabularySize)),
    mask: random.next() < 0.2 ? randomMask(random, vocabularySize) : undefined,
  };
}

describe("DeviceSampler", () => {
  it.each([
    [1, 10, 4],
    [7, 30, 4],
    [33, 40, 4],
    [1000, 60, 4],
    [32_000, 4, 2],
    [128_256, 1, 2],
  ])("draws what core draws from a vocabulary of %i, over random specifications", async (size, runs, maxSteps) => {
    const random = new RandomNumbers(size);
    const bench = new SamplerBench(context, size, { maxSteps, scoreStride: size + random.integer(40) });
    const sum = { draws: 0, ties: 0 };
    for (let run = 0; run < runs; run++) {
      const rows = Array.from({ length: 1 + random.integer(bench.maxRows) }, () => randomRow(random, size));
      const positions = rows.map(() => random.integer(5000) + 1);
      const steps = Array.from({ length: 1 + random.integer(maxSteps) }, () =>
        rows.map(() => randomScores(random, size)),
      );
      const draws = await bench.draw(rows, positions, steps);
      for (const [index, row] of rows.entries()) {
        const scores = steps.map((step) => step[index]!);
        const compared = compareDraws(row, positions[index]!, scores, draws[index]!);
        sum.draws += compared.draws;
        sum.ties += compared.ties;
      }
    }
    expect(sum.ties).toBeLessThanOrEqual(sum.draws / 1000);
    bench.dispose();
  });

  it("draws greedily alone as in a batch with others", async () => {
    const bench = new SamplerBench(context, 1000);
    const random = new RandomNumbers(5);
    const steps = [0, 1, 2].map(() => [0, 1, 2].map(() => randomScores(random, 1000)));
    const plain: SampledRow = { spec: greedy, history: none };
    const warm: SampledRow = { spec: { ...greedy, temperature: 1 }, history: none };
    const [alone] = await bench.draw([plain, plain, plain], [4, 5, 6], steps);
    const [together] = await bench.draw([plain, warm, warm], [4, 5, 6], steps);
    expect(together).toEqual(alone);
    bench.dispose();
  });

  it("moves each row's state on to the token that it drew", async () => {
    const bench = new SamplerBench(context, 1000);
    const random = new RandomNumbers(2);
    for (const spec of [greedy, { ...greedy, temperature: 1 }]) {
      const row: SampledRow = { spec, history: none };
      const steps = [0, 1, 2].map(() => [randomScores(random, 1000), randomScores(random, 1000)]);
      const draws = await bench.draw([row, row], [10, 20], steps);
      expect(await bench.inputs.readStates(3)).toEqual([
        { token: draws[0]![2], position: 12, pages: 88, drawn: 3 },
        { token: draws[1]![2], position: 22, pages: 88, drawn: 3 },
        { token: 0, position: 0, pages: 0, drawn: 0 },
      ]);
    }
    bench.dispose();
  });

  it("goes on, but notes nothing, when a run is longer than it may be", async () => {
    const bench = new SamplerBench(context, 1000, { maxRows: 1, maxSteps: 2 });
    const scores = [3, 4, 5].map((best) => new Float32Array(1000).fill(1, best, best + 1));
    await bench.draw(
      [{ spec: greedy, history: none }],
      [1],
      scores.slice(0, 2).map((row) => [row]),
    );
    bench.inputs.writeScores(scores.slice(2));
    submit(context, bench.sampler.dispatches);
    expect([...(await readWords(context, bench.sampler.drawn, 8))]).toEqual([3, 4]);
    expect(await bench.inputs.readStates(1)).toEqual([{ token: 5, position: 3, pages: 88, drawn: 3 }]);
    bench.dispose();
  });

  it("creates nothing between the steps of a run, and nothing for a run like the one before", async () => {
    const bench = new SamplerBench(context, 1000);
    const spec = { ...greedy, temperature: 1, presencePenalty: 1, logitBias: new Map([[3, 1]]) };
    const row: SampledRow = { spec, history: Uint32Array.of(1, 2, 3), mask: new Uint32Array(32).fill(-1) };
    await bench.sampler.prepare([row]);
    const { dispatches } = bench.sampler;
    submit(context, dispatches);
    expect(bench.sampler.dispatches).toBe(dispatches);
    const bindGroups = dispatches.map(({ bindGroup }) => bindGroup);
    await bench.sampler.prepare([{ ...row, history: Uint32Array.of(4, 5, 6) }]);
    for (const [index, { bindGroup }] of bench.sampler.dispatches.entries()) expect(bindGroup).toBe(bindGroups[index]);
    bench.dispose();
  });

  it("takes two dispatches for greedy choice, four with temperature, six with penalties or bias", async () => {
    const bench = new SamplerBench(context, 1000);
    const dispatches = async (spec: Partial<SamplingSpec>) => {
      await bench.sampler.prepare([{ spec: { ...greedy, ...spec }, history: none }]);
      return bench.sampler.dispatches.length;
    };
    expect(await dispatches({})).toBe(2);
    expect(await dispatches({ topK: 5, seed: 3 })).toBe(2);
    expect(await dispatches({ temperature: 1, topP: 0.9 })).toBe(4);
    expect(await dispatches({ frequencyPenalty: 1 })).toBe(6);
    expect(await dispatches({ frequencyPenalty: 1, penaltyWindow: 0 })).toBe(2);
    expect(await dispatches({ logitBias: new Map([[1, 1]]) })).toBe(6);
    bench.dispose();
  });

  it("has the lowest of equal tokens win", async () => {
    const bench = new SamplerBench(context, 4000);
    const scores = new Float32Array(4000).fill(-0);
    for (const id of [3999, 2500, 700]) scores[id] = 0;
    const mask = new Uint32Array(125).fill(-1);
    mask[0] = 0x80;
    expect(await bench.drawOne(scores, {})).toBe(0);
    expect(await bench.drawOne(scores, { mask })).toBe(7);
    const certain = { ...greedy, temperature: 1, topK: 1 };
    expect(await bench.drawOne(scores, { spec: certain })).toBe(0);
    expect(await bench.drawOne(scores, { spec: { ...certain, topK: 0, topP: 1e-300 } })).toBe(0);
    bench.dispose();
  });

  it("keeps the lower ids of equal tokens at the border of top-k and top-p", async () => {
    const bench = new SamplerBench(context, 4000);
    const equal = new Float32Array(4000).fill(1.25);
    const first = new Float32Array(4000).fill(-5);
    first[0] = 0;
    const heat = Math.exp(-5);
    for (const [scores, spec, kept] of [
      [equal, { topK: 7 }, 7],
      [equal, { topK: 777 }, 777],
      [equal, { topP: 0.9 }, 3600],
      [equal, { topP: 0.7 }, 2800],
      [equal, { topP: 0.25 }, 1000],
      [equal, { topK: 1000, topP: 0.3 }, 300],
      [first, { topP: 0.5 }, Math.ceil(1 + (0.5 * (1 + 3999 * heat) - 1) / heat)],
      [first, { topK: 1001, topP: 0.6 }, Math.ceil(1 + (0.6 * (1 + 1000 * heat) - 1) / heat)],
    ] as const) {
      const row: SampledRow = { spec: { ...greedy, temperature: 1, ...spec }, history: none };
      const positions = Array.from({ length: 8 }, (_, index) => 10 * index + 1);
      const steps = Array.from({ length: 3 }, () => positions.map(() => scores));
      const rows = positions.map(() => row);
      const draws = (await bench.draw(rows, positions, steps)).flat() as number[];
      expect(Math.max(...draws)).toBeLessThan(kept);
      expect(Math.max(...draws)).toBeGreaterThan(kept * 0.7);
    }
    bench.dispose();
  });

  it("is certain at the smallest temperature, and even at the largest", async () => {
    const bench = new SamplerBench(context, 1000);
    const scores = Float32Array.from({ length: 1000 }, (_, id) => (id === 123 ? 2.0001 : 2));
    expect(await bench.drawOne(scores, { spec: { ...greedy, temperature: Number.MIN_VALUE, topK: 9 } })).toBe(123);
    const hot = { ...greedy, temperature: 1e6 };
    for (const position of [1, 2, 3]) {
      const expected = sampleToken(scores, hot, { position, history: [] });
      expect(await bench.drawOne(scores, { spec: hot }, position)).toBe(expected);
    }
    bench.dispose();
  });

  it("takes one row of a vocabulary and the full number of rows in turn, with buffers that grow", async () => {
    const bench = new SamplerBench(context, 700, { maxRows: 64, maxSteps: 2 });
    const random = new RandomNumbers(11);
    for (const many of [1, 64, 2]) {
      const rows = Array.from({ length: many }, (): SampledRow => {
        const history = Uint32Array.from({ length: 3000 }, () => random.integer(700));
        const logitBias = new Map(Array.from({ length: 700 }, (_, id) => [id, random.normal()]));
        const spec = { ...greedy, temperature: 1, repetitionPenalty: 1.2, penaltyWindow: 2500, logitBias };
        return { spec, history, mask: randomMask(random, 700) };
      });
      const positions = rows.map((_, row) => 3 + row);
      const steps = [0, 1].map(() => rows.map(() => randomScores(random, 700)));
      const draws = await bench.draw(rows, positions, steps);
      rows.forEach((row, index) => {
        const scores = steps.map((step) => step[index]!);
        expect(compareDraws(row, positions[index]!, scores, draws[index]!).ties).toBe(0);
      });
    }
    bench.dispose();
  });

  it.each([
    ["NaN", { 700: Number.NaN, 3: Number.POSITIVE_INFINITY }, undefined],
    ["NaN of a forbidden token", { 700: Number.NaN }, new Uint32Array(32).fill(1)],
    ["+Infinity", { 701: Number.POSITIVE_INFINITY }, undefined],
    ["+Infinity of a forbidden token", { 701: Number.POSITIVE_INFINITY }, new Uint32Array(32).fill(1)],
    ["−Infinity", { 0: Number.NEGATIVE_INFINITY, 999: Number.NEGATIVE_INFINITY }, undefined],
    ["nothing allowed", {}, new Uint32Array(32)],
  ])("answers as core to %s", async (_, wrong: Readonly<Record<number, number>>, mask) => {
    const bench = new SamplerBench(context, 1000);
    const random = new RandomNumbers(3);
    const scores = Float32Array.from({ length: 1000 }, () => random.normal());
    for (const [id, score] of Object.entries(wrong)) scores[Number(id)] = score;
    const history = Uint32Array.of(3, 700, 701);
    const specs: Partial<SamplingSpec>[] = [
      {},
      { temperature: 1 },
      { temperature: 1, topK: 3 },
      { temperature: 1, topP: 0.5 },
    ];
    for (const spec of [...specs, { presencePenalty: 1 }, { temperature: 1, logitBias: new Map([[5, 2]]) }]) {
      const row: SampledRow = { spec: { ...greedy, ...spec }, history, mask };
      const expected = drawOrMessage(() => sampleToken(scores, row.spec, { position: 1, history, mask }));
      expect(await bench.drawOne(scores, row)).toBe(expected);
    }
    bench.dispose();
  });

  it.each([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN])(
    "refuses a row of nothing but %d, and goes on with a token that exists",
    async (value) => {
      const bench = new SamplerBench(context, 1000);
      const wrong = new Float32Array(1000).fill(value);
      const right = new Float32Array(1000);
      right[9] = 1;
      for (const spec of [greedy, { ...greedy, temperature: 0.1, frequencyPenalty: 1 }]) {
        const rows: SampledRow[] = [
          { spec, history: none },
          { spec, history: none },
        ];
        const expected = drawOrMessage(() => sampleToken(wrong, spec, { position: 1, history: [] }));
        const [failed, fine] = await bench.draw(rows, [1, 1], [[wrong, right]]);
        expect(failed).toEqual([expected]);
        expect(fine).toEqual([9]);
        expect((await bench.inputs.readStates(1))[0]).toEqual({ token: 0, position: 1, pages: 88, drawn: 1 });
      }
      bench.dispose();
    },
  );

  it("follows IEEE where a bias meets what is not finite", async () => {
    const bench = new SamplerBench(context, 1000);
    const scores = new Float32Array(1000);
    scores[1] = -Infinity;
    scores[2] = 3;
    for (const bias of [
      [[1, 5]],
      [[2, -Infinity]],
      [[2, Infinity]],
      [[1, Infinity]],
      [
        [1, -Infinity],
        [2, 1],
      ],
    ] as [number, number][][]) {
      const spec = { ...greedy, logitBias: new Map(bias) };
      const expected = drawOrMessage(() => sampleToken(scores, spec, { position: 1, history: [] }));
      expect(await bench.drawOne(scores, { spec })).toBe(expected);
    }
    bench.dispose();
  });
});
