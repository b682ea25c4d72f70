import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../model.ts";
import { expectError } from "../testing/expect-error.ts";
import { bareCapabilities, limitedBackend } from "../testing/limited-backend.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import type { GenerateOptions, LogitsContext } from "./generation-options.ts";

const prompt = [1, 260, 265, 266];
/** The random model has no idea of ending, and its end token must not end the tests by accident. */
const endless: GenerateOptions = { ignoreEnd: true, maxTokens: 20 };

async function tokensOf(model: Model, options: GenerateOptions, from: readonly number[] = prompt): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of model.generate(from, options)) tokens.push(token);
  return tokens;
}

/** Greedy choice by hand: evaluate, take the best, append. */
async function greedyByHand(model: Model, count: number): Promise<number[]> {
  const sequence = await model.createSequence();
  const tokens: number[] = [];
  let scores = await sequence.evaluate(prompt);
  for (let step = 0; step < count; step++) {
    tokens.push(scores.indexOf(Math.max(...scores)));
    scores = await sequence.evaluate(tokens.slice(-1));
  }
  sequence.dispose();
  return tokens;
}

describe.each([
  ["with sampling on the device", {}],
  ["with sampling on the host", bareCapabilities],
])("generate %s", (_, limits) => {
  let model: Model;
  beforeAll(async () => {
    model = await tinyModel({ backend: limitedBackend(limits) });
  });
  afterAll(() => model.dispose());

  it("takes the best token each time", async () => {
    expect(await tokensOf(model, endless)).toEqual(await greedyByHand(model, 20));
  });

  it("draws the same for the same seed, however the scores are looked at", async () => {
    const options = { ...endless, temperature: 1.2, topP: 0.95, repetitionPenalty: 1.1, seed: 5 };
    const drawn = await tokensOf(model, options);
    expect(await tokensOf(model, options)).toEqual(drawn);
    expect(await tokensOf(model, { ...options, logprobs: 1 })).toEqual(drawn);
    expect(await tokensOf(model, { ...options, processLogits: () => {} })).toEqual(drawn);
    expect(await tokensOf(model, { ...options, seed: 6 })).not.toEqual(drawn);
  });

  it("reports log-probabilities of the untempered distribution when asked", async () => {
    const options = { ...endless, temperature: 3, seed: 1, logprobs: 3, logitBias: { 5: 2 } };
    const sequence = await model.createSequence();
    await sequence.evaluate(prompt.slice(0, -1), { want: "none" });
    let last = prompt.at(-1)!;
    for await (const { token, logprob, alternatives } of model.generate(prompt, options)) {
      const top = await sequence.evaluate([last], { want: { top: 3, ids: [token] } });
      expect(logprob).toBeCloseTo(top.selected[0]!, 4);
      expect(alternatives?.map((alternative) => alternative.token)).toEqual([...top.ids]);
      last = token;
    }
    sequence.dispose();
    for await (const token of model.generate(prompt, endless)) {
      expect(Object.keys(token).sort()).toEqual(["text", "token"]);
    }
  });

  it("lets a hook shift and forbid, with the tokens so far in view", async () => {
    const seen: number[] = [];
    const tokens = await tokensOf(model, {
      ...endless,
      processLogits: (scores, { tokens, generated }) => {
        seen.push(generated);
        expect(tokens.length).toBe(prompt.length + generated);
        scores.fill(-Infinity);
        scores[10 + (generated % 3)] = 0;
      },
    });
    expect(tokens.slice(0, 6)).toEqual([10, 11, 12, 10, 11, 12]);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index));
    for (const [value, received] of [
      [Number.NaN, "NaN"],
      [Infinity, "Infinity"],
      [-Infinity, "only −Infinity or forbidden tokens"],
    ] as const) {
      const processLogits = (scores: Float32Array) => void scores.fill(value);
      const error = await expectError("scores-invalid", () =>
        model.generate(prompt, { ...endless, processLogits }).text(),
      );
      expect(error.received).toBe(received);
    }
  });

  it("ends at maxTokens, at stop tokens and at the model's own end", async () => {
    const greedy = await greedyByHand(model, 20);
    const third = greedy.indexOf(greedy[5]!);
    const byToken = model.generate(prompt, { ...endless, stopTokens: [greedy[5]!] });
    await byToken.text();
    expect([byToken.finishReason, byToken.usage.generatedTokens]).toEqual(["stop", third + 1]);
    const byLength = model.generate(prompt, endless);
    await byLength.text();
    expect([byLength.finishReason, byLength.usage.generatedTokens]).toEqual(["length", 20]);
    const byEnd = model.generate(prompt, { maxTokens: 20, logitBias: new Map([[2, 1000]]) });
    expect([await byEnd.text(), byEnd.finishReason]).toEqual(["", "end"]);
  });

  it("evaluates a known beginning only once", async () => {
    const first = model.generate(prompt, endless);
    await first.text();
    const before = model.evaluatedTokens;
    const again = model.generate(prompt, { ...endless, maxTokens: 1 });
    await again.text();
    expect(again.usage.reusedTokens).toBe(prompt.length - 1);
    expect(model.evaluatedTokens - before).toBe(1);
    const other = model.generate([...prompt, 50, 51], { ...endless, maxTokens: 1 });
    await other.text();
    expect(other.usage.reusedTokens).toBe(prompt.length);
  });

  it("leaves the caller's sequence with what was delivered", async () => {
    const sequence = await model.createSequence();
    const delivered: number[] = [];
    for await (const { token } of model.generate(prompt, { ...endless, sequence })) {
      delivered.push(token);
      if (delivered.length === 7) break;
    }
    expect(sequence.tokens).toEqual([...prompt, ...delivered].slice(0, sequence.position));
    expect(sequence.position).toBeGreaterThanOrEqual(prompt.length + 6);
    expect(await tokensOf(model, { ...endless, sequence })).toEqual(await greedyByHand(model, 20));
    sequence.dispose();
  });

  it("stops at an abort within a token, and the model goes on working", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    let count = 0;
    const reading = async () => {
      for await (const _ of model.generate(prompt, { ...endless, logprobs: 0, signal: controller.signal })) {
        if (++count === 4) controller.abort(reason);
      }
    };
    await expect(reading()).rejects.toBe(reason);
    expect(count).toBe(4);
    expect(await tokensOf(model, endless)).toEqual(await greedyByHand(model, 20));
  });

  it("treats a full context as it is told to", async () => {
    const delivered: number[] = [];
    const reading = async () => {
      for await (const { token } of model.generate(prompt, { ignoreEnd: true })) delivered.push(token);
    };
    const error = await expectError("context-full", reading);
    expect(error.message).toContain("96");
    expect(delivered.length).toBe(96 - prompt.length + 1);
    const stopped = model.generate(prompt, { ignoreEnd: true, onContextFull: "stop" });
    await stopped.text();
    expect([stopped.finishReason, stopped.usage.generatedTokens]).toEqual(["context", 93]);
    await expectError("context-full", () => model.generate(new Array(97).fill(5)).text());
  });

  it("drops the middle of a full context and keeps its beginning", async () => {
    const sequence = await model.createSequence();
    const generated: number[] = [];
    const options: GenerateOptions = { ignoreEnd: true, maxTokens: 150, onContextFull: { keep: 3 }, sequence };
    for await (const { token } of model.generate(prompt, options)) generated.push(token);
    expect(generated.length).toBe(150);
    expect(sequence.tokens.slice(0, 3)).toEqual(prompt.slice(0, 3));
    // What follows the kept beginning is the unbroken end of the text.
    const tail = sequence.tokens.slice(3);
    const all = [...prompt, ...generated].slice(0, -1);
    expect(tail).toEqual(all.slice(-tail.length));
    sequence.dispose();
    for (const keep of [0, 3, 20]) {
      const processLogits = (_: Float32Array, context: LogitsContext) => {
        const { tokens, generated: count } = context;
        expect(tokens.slice(0, tokens.length - count)).toEqual(prompt.slice(0, tokens.length - count));
      };
      await model.generate(prompt, { ...options, sequence: undefined, onContextFull: { keep }, processLogits }).text();
    }
    const tooLong = new Array<number>(200).fill(5);
    expect((await tokensOf(model, { ...endless, onContextFull: { keep: 3 } }, tooLong)).length).toBe(20);
  });
});

describe("generate", () => {
  let model: Model;
  beforeAll(async () => {
    model = await tinyModel({ maxSequences: 4 });
  });
  afterAll(() => model.dispose());

  it.each<[GenerateOptions, string]>([
    [{ temperature: -1 }, "temperature"],
    [{ temperature: Number.NaN }, "temperature"],
    [{ topK: 1.5 }, "topK"],
    [{ topP: 0 }, "topP"],
    [{ minP: 2 }, "minP"],
    [{ maxTokens: 0 }, "maxTokens"],
    [{ seed: -1 }, "seed"],
    [{ beams: 0 }, "beams"],
    [{ beams: 2, temperature: 1 }, "temperature"],
    [{ stop: "" }, "stop"],
    [{ logprobs: -1 }, "logprobs"],
    [{ logitBias: { 3: Number.NaN } }, "logitBias[3]"],
    [{ onContextFull: { keep: -1 } }, "onContextFull.keep"],
  ])("refuses %o and names the option", async (options, field) => {
    const error = await expectError("argument-invalid", () => model.generate("a", options));
    expect(error.field).toBe(field);
  });

  it("refuses tokens outside the vocabulary and empty prompts", async () => {
    await expectError("token-out-of-range", () => model.generate("a", { stopTokens: [9999] }));
    await expectError("token-out-of-range", () => model.generate("a", { logitBias: { 9999: 1 } }));
    await expectError("token-out-of-range", () => model.generate([9999]).text());
    await expectError("argument-invalid", () => model.generate([]));
    await expectError("argument-invalid", () => model.generate("", { addBos: false }));
  });

  it("can be read once", async () => {
    const generation = model.generate(prompt, endless);
    await generation.text();
    await expectError("argument-invalid", () => generation.text());
  });

  it("serves several at once, each as if alone", async () => {
    const alone = await tokensOf(model, endless);
    const other = [1, 40, 41];
    const otherAlone = await tokensOf(model, endless, other);
    const together = await Promise.all([tokensOf(model, endless), tokensOf(model, endless, other)]);
    expect(together).toEqual([alone, otherAlone]);
  });

  it("computes no more than a few tokens ahead of a slow reader", async () => {
    const before = model.evaluatedTokens;
    const iterator = model.generate([1, 9, 9, 9], { ...endless, logprobs: 0 })[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    // One for the prompt's four, and a few more if the first tokens are bytes of one character.
    expect(model.evaluatedTokens - before).toBeLessThanOrEqual(4 + 3);
    await iterator.return();
  });
});
