import { loadModel } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { scoreError } from "../compare.ts";
import { ReferenceModel } from "../reference/reference-model.ts";
import type { TinyLlamaOptions } from "./tiny-llama.ts";
import { tinyLlamaBytes, tinyLlamaOfFile } from "./tiny-llama-file.ts";

const variants: Readonly<Record<string, TinyLlamaOptions>> = {
  llama: {},
  "mistral with a window": { config: { architecture: "mistral", slidingWindow: 4 } },
  qwen2: { config: { architecture: "qwen2", attentionBias: { query: true, key: true, value: true, output: false } } },
  "qwen3, tied": { config: { architecture: "qwen3", queryKeyNorm: true, tieWordEmbeddings: true } },
  "linear scaling": { config: { rope: { scaling: { type: "linear", factor: 4 } } } },
  "yarn scaling": {
    config: {
      rope: {
        scaling: {
          type: "yarn",
          factor: 4,
          originalMaxPositionEmbeddings: 32,
          betaFast: 4,
          betaSlow: 1,
          attentionFactor: 1.25,
        },
      },
    },
  },
  "frequency factors": { config: { rope: { frequencyFactors: [1, 1, 2, 2, 4, 8] } } },
  quantized: { config: { hiddenSize: 64, intermediateSize: 96, headSize: 16 }, weightType: "Q4_0" },
};

describe("tinyLlamaBytes", () => {
  it.each(Object.entries(variants))("writes a file that loadModel runs: %s", async (_, options) => {
    const model = await loadModel(new Blob([await tinyLlamaBytes(options)]), { backend: cpu() });
    try {
      const tiny = tinyLlamaOfFile(options);
      expect(model.config.rope.pairing).toBe(tiny.config.rope.pairing);
      const tokens = [1, ...model.tokenizer.encode("Once upon a time", { addBos: false }), 5, 260, 100];
      const sequence = await model.createSequence();
      const scores = await sequence.evaluate(tokens, { want: "last" });
      // Numbers of the file are f32, so the configuration is equal but for their rounding.
      expect(scoreError(scores, ReferenceModel.of(tiny).last(tokens))).toBeLessThan(1e-10);
    } finally {
      await model.dispose();
    }
  });

  it("has a vocabulary that holds words and any other text", async () => {
    const model = await loadModel(new Blob([await tinyLlamaBytes()]), { backend: cpu() });
    const { tokenizer } = model;
    expect(tokenizer.encode("Once upon a time", { addBos: false })).toHaveLength(4);
    for (const text of ["there was a little girl", "Zoë, 你好! 🙂", "", " two  spaces "]) {
      expect(tokenizer.decode(tokenizer.encode(text, { addBos: false }))).toBe(text);
    }
    await model.dispose();
  });

  it("is the same every time", async () => {
    const [one, two, other] = await Promise.all([tinyLlamaBytes(), tinyLlamaBytes(), tinyLlamaBytes({ seed: 2 })]);
    expect(Buffer.compare(one, two)).toBe(0);
    expect(Buffer.compare(one, other)).not.toBe(0);
    expect(one.length).toBeLessThan(400_000);
  });

  it("says which shapes a weight type takes", () => {
    expect(() => tinyLlamaOfFile({ weightType: "Q4_K" })).toThrow(/multiple of 256/);
  });
});
