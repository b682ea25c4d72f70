import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../model.ts";
import type { SamplingSpec } from "../sampling/sampling-spec.ts";
import { tinyModel } from "../testing/tiny-model.ts";
import { DraftedSequence } from "./drafted-sequence.ts";
import type { WritableSequence } from "./sequence.ts";

const spec: SamplingSpec = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1.1, frequencyPenalty: 0, presencePenalty: 0 },
  ...{ penaltyWindow: 64, logitBias: new Map(), seed: 5 },
};
const prompt = [1, 260, 264, 265];
const length = 60;

let model: Model;
beforeAll(async () => {
  model = await tinyModel();
});
afterAll(() => model.dispose());

/** @returns the tokens that the model writes */
async function write(sequence: WritableSequence, drawn: SamplingSpec, mask?: Uint32Array): Promise<number[]> {
  const written: number[] = [];
  let pending: readonly number[] = prompt;
  while (written.length < length) {
    const [token] = await sequence.sample(pending, { spec: drawn, steps: 1, stopTokens: [], mask });
    written.push(token!);
    pending = [token!];
    expect(sequence.position).toBe(prompt.length + written.length - 1);
    expect(sequence.tokens).toEqual([...prompt, ...written.slice(0, -1)]);
  }
  return written;
}

/** How often the backend is asked while an action runs. */
async function counted<T>(action: (sequence: Awaited<ReturnType<Model["createSequence"]>>) => Promise<T>) {
  const sequence = await model.createSequence();
  let evaluations = 0;
  const evaluate = sequence.evaluate.bind(sequence);
  sequence.evaluate = ((...given: Parameters<typeof evaluate>) => {
    evaluations++;
    return evaluate(...given);
  }) as typeof sequence.evaluate;
  try {
    return { result: await action(sequence), evaluations, sequence };
  } finally {
    sequence.dispose();
  }
}

describe("a sequence with a draft", () => {
  it.each([
    { name: "greedy", drawn: spec },
    { name: "drawn", drawn: { ...spec, temperature: 1, topK: 20 } },
  ])("writes the same, in a fraction of the evaluations: $name", async ({ drawn }) => {
    const plain = await counted((sequence) => write(sequence, drawn));
    const draft = plain.result;
    const drafts = {
      same: draft,
      inserted: [...draft.slice(0, 20), 70, 71, ...draft.slice(20)],
      deleted: [...draft.slice(0, 20), ...draft.slice(30)],
      replaced: draft.map((token, index) => (index % 25 === 24 ? 70 : token)),
      other: draft.map((token) => (token + 1) % 271),
      none: [],
    };
    const evaluations: Record<string, number> = {};
    for (const [name, tokens] of Object.entries(drafts)) {
      const drafted = await counted(async (sequence) => {
        const ahead = new DraftedSequence(sequence, tokens, prompt.length);
        const written = await write(ahead, drawn);
        ahead.close();
        expect(sequence.position).toBe(ahead.position);
        return written;
      });
      expect(drafted.result, name).toEqual(draft);
      evaluations[name] = drafted.evaluations;
    }
    for (const name of ["same", "inserted", "deleted", "replaced"]) expect(evaluations[name]).toBeLessThan(length / 2);
    expect(evaluations.none).toBe(length);
  });

  it("takes tokens back, and evaluates them again", async () => {
    const { result: draft } = await counted((sequence) => write(sequence, spec));
    await counted(async (sequence) => {
      const ahead = new DraftedSequence(sequence, draft, prompt.length);
      const reference = await model.createSequence();
      const expected = await reference.evaluate([...prompt, draft[0]!]);
      await ahead.sample(prompt, { spec, steps: 1, stopTokens: [] });
      await ahead.sample([draft[0]!], { spec, steps: 1, stopTokens: [] });
      ahead.truncate(ahead.position - 1);
      expect(ahead.position).toBe(prompt.length);
      expect(await ahead.evaluate([draft[0]!], { want: "last" })).toEqual(expected);
      ahead.truncate(2);
      expect(ahead.tokens).toEqual(prompt.slice(0, 2));
      expect(await ahead.evaluate([...prompt.slice(2), draft[0]!], { want: "last" })).toEqual(expected);
      reference.dispose();
    });
  });

  it("draws only what a mask allows", async () => {
    const mask = new Uint32Array(Math.ceil(model.config.vocabularySize / 32));
    for (const token of [70, 71, 72]) mask[token >>> 5]! |= 1 << (token & 31);
    const plain = await counted((sequence) => write(sequence, spec, mask));
    const drafted = await counted((sequence) =>
      write(new DraftedSequence(sequence, plain.result, prompt.length), spec, mask),
    );
    expect(drafted.result).toEqual(plain.result);
  });
});
