import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../model.ts";
import { logSoftmax } from "../sampling/log-softmax.ts";
import { expectError } from "../testing/expect-error.ts";
import { bareCapabilities, limitedBackend } from "../testing/limited-backend.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import type { GenerateOptions, LogitsContext } from "./generation-options.ts";

const prompt = [1, 260, 265, 266];
const end = 2;
/** Makes the end token probable enough that some hypotheses end. */
const bias = new Map([[end, 3]]);

interface Reference {
  tokens: number[];
  logprob: number;
}

/** Beam search without forks, batches or streaming: every hypothesis is evaluated from the start. */
async function referenceSearch(model: Model, width: number, maxTokens: number, lengthPenalty: number) {
  const finished: (Reference & { score: number })[] = [];
  const score = (logprob: number, length: number) => logprob / length ** lengthPenalty;
  const add = (hypothesis: Reference, length: number) => {
    finished.push({ ...hypothesis, score: score(hypothesis.logprob, length) });
    finished.sort((a, b) => b.score - a.score);
    finished.splice(width);
  };
  let beams: Reference[] = [{ tokens: [], logprob: 0 }];
  for (let length = 1; length <= maxTokens; length++) {
    const candidates: Reference[] = [];
    for (const beam of beams) {
      const sequence = await model.createSequence();
      const scores = logSoftmax(await sequence.evaluate([...prompt, ...beam.tokens]));
      sequence.dispose();
      scores[end]! += 3;
      scores.forEach((value, token) => {
        candidates.push({ tokens: [...beam.tokens, token], logprob: beam.logprob + value });
      });
    }
    candidates.sort((a, b) => b.logprob - a.logprob);
    const next: Reference[] = [];
    for (const [rank, candidate] of candidates.slice(0, 2 * width).entries()) {
      if (candidate.tokens.at(-1) !== end) next.push(candidate);
      else if (rank < width) add({ ...candidate, tokens: candidate.tokens.slice(0, -1) }, length);
    }
    beams = next.slice(0, width);
    if (length === maxTokens) for (const beam of beams) add(beam, length);
    else if (finished.length === width && finished.at(-1)!.score >= score(beams[0]!.logprob, length)) break;
  }
  return finished;
}

describe.each([
  ["forks and top scores", {}],
  ["neither forks nor top scores", bareCapabilities],
])("beam search on a backend with %s", (_, limits) => {
  let model: Model;
  beforeAll(async () => {
    model = await tinyModel({ backend: limitedBackend(limits), maxSequences: 6 });
  });
  afterAll(() => model.dispose());

  it.each([
    [2, 1, 8],
    [5, 1, 12],
    [4, 0, 10],
    [3, 2, 10],
  ])("finds what a search by hand finds: width %i, length penalty %i, %i tokens", async (beams, penalty, maxTokens) => {
    const expected = await referenceSearch(model, beams, maxTokens, penalty);
    const options: GenerateOptions = { beams, maxTokens, lengthPenalty: penalty, logitBias: bias };
    const generation = model.generate(prompt, options);
    const tokens: number[] = [];
    for await (const { token } of generation) tokens.push(token);
    expect(generation.hypotheses.map((hypothesis) => hypothesis.tokens)).toEqual(expected.map((found) => found.tokens));
    generation.hypotheses.forEach((hypothesis, index) => {
      expect(hypothesis.score).toBeCloseTo(expected[index]!.score, 4);
    });
    expect(tokens).toEqual(expected[0]!.tokens);
  });

  it("of width 1 is greedy choice", async () => {
    const options: GenerateOptions = { maxTokens: 12, ignoreEnd: true };
    const greedy = await model.generate(prompt, options).text();
    const wide = model.generate(prompt, { ...options, beams: 2 });
    const text = await wide.text();
    expect(wide.hypotheses[0]!.score).toBeGreaterThanOrEqual(wide.hypotheses[1]!.score);
    expect(text).toBe(wide.hypotheses[0]!.text);
    expect(await model.generate(prompt, { ...options, beams: 1 }).text()).toBe(greedy);
  });

  it("frees all sequences but the one it keeps for reuse", async () => {
    await model.generate(prompt, { beams: 5, maxTokens: 6, logitBias: bias }).text();
    const iterator = model.generate(prompt, { beams: 5, maxTokens: 9, ignoreEnd: true })[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return();
    const controller = new AbortController();
    const reason = new Error("enough");
    const processLogits = (_: Float32Array, { generated }: LogitsContext) => {
      if (generated === 3) controller.abort(reason);
    };
    const options: GenerateOptions = { beams: 5, maxTokens: 9, ignoreEnd: true, processLogits };
    const aborted = model.generate(prompt, { ...options, signal: controller.signal }).text();
    await expect(aborted).rejects.toBe(reason);
    const sequences = await Promise.all(Array.from({ length: 6 }, () => model.createSequence()));
    for (const sequence of sequences) sequence.dispose();
  });

  it("needs no more sequences than beams, whichever beams die", async () => {
    const small = await tinyModel({ backend: limitedBackend(limits), maxSequences: 4 });
    for (let token = 200; token < 212; token++) {
      const options: GenerateOptions = { beams: 4, maxTokens: 10, ignoreEnd: true };
      const generation = small.generate([1, token], options);
      await generation.text();
      const roomy = model.generate([1, token], options);
      await roomy.text();
      expect(generation.hypotheses).toEqual(roomy.hypotheses);
    }
    await small.dispose();
  });

  it("tells an end of the model from a stop token of the caller", async () => {
    const ended = model.generate(prompt, { beams: 2, maxTokens: 5, logitBias: { [end]: 1000 } });
    expect([await ended.text(), ended.finishReason]).toEqual(["", "end"]);
    const stopped = model.generate(prompt, { beams: 2, maxTokens: 5, stopTokens: [40], logitBias: { 40: 1000 } });
    expect([await stopped.text(), stopped.finishReason]).toEqual(["", "stop"]);
  });

  it("keeps what is finished when a hook lets nothing go on", async () => {
    const processLogits = (scores: Float32Array, { generated }: LogitsContext) => {
      for (let id = 0; id < scores.length; id++) if (generated > 0 || (id !== end && id !== 40)) scores[id] = -Infinity;
    };
    const generation = model.generate(prompt, { beams: 2, processLogits });
    expect([await generation.text(), generation.finishReason, generation.hypotheses.length]).toEqual(["", "end", 1]);
  });

  it.each([Number.NaN, Infinity, -Infinity])("refuses scores that a hook fills with %d", async (value) => {
    const processLogits = (scores: Float32Array) => void scores.fill(value);
    await expectError("scores-invalid", () => model.generate(prompt, { beams: 3, processLogits }).text());
  });

  it("hands log-probabilities and hooks through", async () => {
    const generation = model.generate(prompt, {
      beams: 3,
      maxTokens: 5,
      logprobs: 2,
      processLogits: (scores) => {
        for (let id = 20; id < scores.length; id++) scores[id] = -Infinity;
      },
    });
    for await (const { token, logprob, alternatives } of generation) {
      expect(token).toBeLessThan(20);
      expect(logprob).toBeLessThanOrEqual(alternatives![0]!.logprob);
      expect(alternatives!.length).toBe(2);
    }
  });
});
