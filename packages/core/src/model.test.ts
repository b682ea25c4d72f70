import { describe, expect, it } from "vitest";
import { cpu } from "./cpu/cpu-backend.ts";
import type { GenerateOptions } from "./generation/generation-options.ts";
import { loadModel } from "./load-model.ts";
import { expectError } from "./testing/expect-error.ts";
import { tinyGguf, tinyModel } from "./testing/tiny-model.ts";

const prompt = [1, 260, 265, 266];
const endless: GenerateOptions = { maxTokens: 60, ignoreEnd: true };

describe("Model", () => {
  it("refuses sequences of others, sequences that are disposed, and ids that it has no row for, at once", async () => {
    const [model, other] = [await tinyModel(), await tinyModel()];
    const sequence = await other.createSequence();
    const error = await expectError("argument-invalid", () => model.generate(prompt, { sequence }));
    expect(error.field).toBe("sequence");
    sequence.dispose();
    await expectError("disposed", () => model.generate(prompt, { sequence }));
    await expectError("token-out-of-range", () => model.generate([1, 271]));
    await Promise.all([model.dispose(), other.dispose()]);
  });

  it("lets one generation at a time write on a sequence", async () => {
    const model = await tinyModel();
    const sequence = await model.createSequence();
    const first = model.generate(prompt, { ...endless, sequence, logprobs: 0 })[Symbol.asyncIterator]();
    await first.next();
    await expectError("sequence-busy", () => model.generate([1, 40], { ...endless, sequence }).text());
    await first.return();
    await model.generate([1, 40], { ...endless, sequence, maxTokens: 2 }).text();
    expect(sequence.tokens.slice(0, 2)).toEqual([1, 40]);
    await model.dispose();
  });

  it("notices that somebody else used the sequence of a generation", async () => {
    const model = await tinyModel();
    const sequence = await model.createSequence();
    const writing = model.generate(prompt, { ...endless, sequence, logprobs: 0 })[Symbol.asyncIterator]();
    await writing.next();
    sequence.truncate(2);
    await expectError("sequence-busy", async () => {
      for (;;) await writing.next();
    });
    expect(sequence.tokens).toEqual(prompt.slice(0, 2));
    await model.dispose();
  });

  it.each([{}, { beams: 3 }])("may be disposed by the reader of a generation with %o", async (options) => {
    const model = await tinyModel();
    const sequence = await model.createSequence();
    let count = 0;
    for await (const _ of model.generate(prompt, { ...endless, ...options })) {
      if (++count < 5) continue;
      await model.dispose();
      break;
    }
    expect([count, sequence.disposed]).toEqual([5, true]);
    sequence.dispose();
  });

  it("waits for a sequence in the making before it disposes the backend", async () => {
    const events: string[] = [];
    const whole = cpu();
    const model = await tinyModel({
      backend: {
        ...whole,
        async doLoad(...parts) {
          const loaded = await whole.doLoad(...parts);
          return {
            capabilities: loaded.capabilities,
            async doCreateSequence() {
              const sequence = await loaded.doCreateSequence();
              await new Promise((resolve) => setTimeout(resolve, 5));
              events.push("created");
              return sequence;
            },
            doEvaluate: (...batch) => loaded.doEvaluate(...batch),
            async dispose() {
              events.push("disposed");
              await loaded.dispose();
            },
          };
        },
      },
    });
    const failing = expectError("disposed", () => model.createSequence());
    await model.dispose();
    await failing;
    expect(events).toEqual(["created", "disposed"]);
  });

  it("gives tokens that the tokenizer has no entry for an empty text", async () => {
    const padded = await tinyGguf((_, tensors) => {
      const index = tensors.findIndex(({ name }) => name === "token_embd.weight");
      const data = new Uint8Array(Float32Array.from({ length: 280 * 32 }, (_value, i) => Math.sin(i)).buffer);
      tensors[index] = { ...tensors[index]!, shape: [280, 32], data };
    });
    const model = await loadModel(padded, { backend: cpu() });
    const generation = model.generate(prompt, { maxTokens: 3, logitBias: { 275: 1000 }, logprobs: 280 });
    for await (const { token, text, alternatives } of generation) {
      expect([token, text, alternatives!.length]).toEqual([275, "", 280]);
    }
    expect(generation.usage.generatedTokens).toBe(3);
    await model.dispose();
  });

  it("delivers tokens without text as they come", async () => {
    const model = await tinyModel();
    const generation = model.generate(prompt, { ...endless, logitBias: { 1: 1000 }, logprobs: 0 });
    const iterator = generation[Symbol.asyncIterator]();
    for (let count = 1; count <= 3; count++) {
      expect((await iterator.next()).value).toMatchObject({ token: 1, text: "" });
      expect(generation.usage.generatedTokens).toBe(count);
    }
    await iterator.return();
    await model.dispose();
  });
});
