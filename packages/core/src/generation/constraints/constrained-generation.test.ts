import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpu } from "../../cpu/cpu-backend.ts";
import { loadModel } from "../../load-model.ts";
import type { Model } from "../../model.ts";
import { expectError } from "../../testing/expect-error.ts";
import { bareCapabilities, limitedBackend } from "../../testing/limited-backend.ts";
import { sharedFixture } from "../../testing/shared-fixtures.ts";
import { tinyModel } from "../../testing/tiny-model.ts";
import type { GenerateOptions, LogitsContext } from "../generation-options.ts";
import type { Constraint } from "./constraint.ts";
import { forbid } from "./forbid.ts";
import { keepPrefix } from "./keep-prefix.ts";
import { requireTerms } from "./require-terms.ts";

const prompt = [1, 260, 265, 266];
/** A hook that takes a token away. */
function forbidToken(scores: Float32Array): void {
  scores[40] = -Infinity;
}

const methods: readonly (readonly [string, GenerateOptions])[] = [
  ["greedy choice", {}],
  ["sampling", { temperature: 1.3, seed: 3 }],
  ["log-probabilities", { logprobs: 1 }],
  ["a hook", { processLogits: forbidToken }],
  ["beam search", { beams: 4 }],
  ["beam search with log-probabilities", { beams: 3, logprobs: 0 }],
];

async function write(model: Model, options: GenerateOptions): Promise<{ text: string; reason: string | undefined }> {
  const generation = model.generate(prompt, { maxTokens: 24, ...options });
  const text = await generation.text();
  return { text, reason: generation.finishReason };
}

describe.each([
  ["a device that masks and samples", {}],
  ["a device that does neither", bareCapabilities],
])("constraints on %s", (_, limits) => {
  let model: Model;
  beforeAll(async () => {
    model = await tinyModel({ backend: limitedBackend(limits), maxSequences: 8 });
  });
  afterAll(() => model.dispose());

  describe.each(methods)("with %s", (_, method) => {
    it("require terms, however few tokens there are", async () => {
      for (const maxTokens of [6, 9, 24]) {
        for (const terms of [["the cat"], ["你好", "é"], ["a b", "sat"]]) {
          const { text } = await write(model, { ...method, maxTokens, constraints: [requireTerms(terms)] });
          for (const term of terms) expect(text).toContain(term);
          expect(text).not.toContain("\ufffd");
        }
      }
    });

    it("require and forbid at once, after a prefix that ends within a character", async () => {
      const half = Uint8Array.of(...new TextEncoder().encode("the "), 0xe4, 0xbd);
      const constraints = [requireTerms(["sat", "好"]), forbid(["a", "你"]), keepPrefix(half)];
      const { text } = await write(model, { ...method, constraints });
      expect(text).toMatch(/^the /u);
      expect([...new TextEncoder().encode(text)].slice(0, 6)).toEqual([...half]);
      expect(text).toMatch(/(?<![\p{sc=Latn}\p{N}])sat(?![\p{sc=Latn}\p{N}])/u);
      expect(text).toContain("好");
      // "sat" holds the letter but not the word.
      expect(text).not.toMatch(/(?<![\p{L}\p{M}\p{N}_])a(?![\p{L}\p{M}\p{N}_])|你/iu);
    });

    it("stop at a stop string only where the text may end", async () => {
      const options = { ...method, stop: ["a", " "], constraints: [requireTerms(["cat", "sat"])] };
      await expectError("constraint-unsatisfiable", () => write(model, options));
      const { text } = await write(model, { ...method, stop: ["b"], constraints: [requireTerms(["cat"])] });
      expect(text).toMatch(/^[^b]*cat[^b]*$/u);
    });

    it("leave the first space to the vocabulary", async () => {
      const constraints = [keepPrefix("the cat")];
      const { text } = await write(model, { ...method, leadingSpace: true, constraints });
      expect(text).toMatch(/^ ?the cat/u);
      const spaced = await write(model, { ...method, leadingSpace: true, constraints: [keepPrefix(" the")] });
      expect(spaced.text).toMatch(/^ {1,2}the/u);
    });

    it("end where nothing may come any more", async () => {
      const only: Constraint<number> = {
        ...keepPrefix("cat"),
        step: (written, byte) => (written < 3 ? keepPrefix("cat").step(written, byte) : undefined),
      };
      const ended = await write(model, { ...method, constraints: [only as Constraint] });
      expect(ended).toEqual({ text: "cat", reason: "end" });
      const stopped = await write(model, { ...method, ignoreEnd: true, constraints: [only as Constraint] });
      expect(stopped).toEqual({ text: "cat", reason: "stop" });
    });

    it("refuse beforehand what maxTokens cannot hold, and what contradicts itself", async () => {
      const before = model.evaluatedTokens;
      const constraints = [requireTerms(["the cat"])];
      const error = await expectError("argument-invalid", () => write(model, { ...method, maxTokens: 1, constraints }));
      expect([error.field, error.expected, error.received]).toEqual(["maxTokens", "at least 2 tokens", "1"]);
      expect((await write(model, { ...method, maxTokens: 2, constraints })).text).toBe(" the cat");
      const evaluated = model.evaluatedTokens;
      const contradiction = [requireTerms(["cat"]), forbid(["cat"])];
      await expectError("constraint-unsatisfiable", () => write(model, { ...method, constraints: contradiction }));
      expect(model.evaluatedTokens).toBe(evaluated);
      expect(evaluated).toBeGreaterThan(before);
    });

    it("are met by what fits into the context", async () => {
      const options: GenerateOptions = { ...method, maxTokens: undefined, onContextFull: "stop" };
      const constraints = [requireTerms(["the cat", "好"])];
      const long = new Array<number>(86).fill(265);
      const generation = model.generate(long, { ...options, constraints, ignoreEnd: true });
      const text = await generation.text();
      expect(generation.finishReason).toBe("context");
      expect(text).toMatch(/the cat/u);
      expect(text).toContain("好");
      const full = new Array<number>(95).fill(265);
      await expectError("context-full", () => model.generate(full, { ...options, constraints }).text());
    });
  });

  it("change nothing where they allow everything", async () => {
    const anything = [keepPrefix("")];
    for (const [, method] of methods) {
      const free = await write(model, { ...method, ignoreEnd: true });
      if (free.text.includes("\ufffd")) continue;
      expect(await write(model, { ...method, ignoreEnd: true, constraints: anything })).toEqual(free);
    }
  });

  it("write what is missing where the model would end", async () => {
    const options: GenerateOptions = { logitBias: { 2: 1000 }, constraints: [requireTerms(["cat", "sat"])] };
    for (const method of [{}, { temperature: 1 }, { beams: 4 }]) {
      const { text, reason } = await write(model, { ...options, ...method });
      expect(text).toMatch(/^ ?(cat sat|sat cat)$/u);
      expect(reason).toBe("end");
    }
  });

  it("let no letter follow what was written so, and do not write it again", async () => {
    const letter = model.tokenizer.tokenId("b")!;
    const processLogits = (scores: Float32Array, { generated }: LogitsContext) => {
      scores[generated === 0 ? 2 : letter]! += 1000;
    };
    const options = { processLogits, ignoreEnd: false, constraints: [requireTerms(["cat"])] };
    const { text } = await write(model, options);
    expect(text).toMatch(/^ ?cat[^b]+b+$/u);
    expect(text.split("cat").length).toBe(2);
  });

  it("write it too where the model would write a stop string", async () => {
    const stop = model.tokenizer.tokenId("b")!;
    const options: GenerateOptions = {
      logitBias: { [stop]: 100 },
      stop: ["b"],
      constraints: [requireTerms(["cat", "sat"])],
    };
    for (const method of [{}, { temperature: 1 }, { beams: 4 }]) {
      const { text, reason } = await write(model, { ...options, ...method });
      expect(text).toMatch(/^ ?(cat sat|sat cat)$/u);
      expect(reason).toBe("stop");
    }
  });

  it("do not stutter", async () => {
    for (let token = 200; token < 210; token++) {
      const constraints = [requireTerms(["the cat"])];
      const text = await model.generate([1, token], { beams: 4, maxTokens: 20, ignoreEnd: true, constraints }).text();
      expect(text.split("the cat").length).toBe(2);
    }
  });

  it.each([
    [[5]],
    ["forbid"],
    [[null]],
    [[{}]],
    [[{ ...keepPrefix("a"), name: 5 }]],
    [[{ ...keepPrefix("a"), requiredBytes: 5 }]],
  ])("refuse %j", async (constraints) => {
    await expectError("argument-invalid", () => write(model, { constraints: constraints as Constraint[] }));
  });
});

const stories = sharedFixture("fixtures/stories260K.gguf");

describe.skipIf(stories === undefined)("constraints on a model that tells stories", () => {
  const words = [
    "dog",
    "castle",
    "Lily",
    "purple",
    "umbrella",
    "quickly",
    "zebra",
    "ran away",
    "naïve",
    "München",
    "熊猫",
  ];
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(stories!, { backend: cpu(), maxSequences: 8, contextLength: 256 });
  });
  afterAll(() => model.dispose());

  it.each(methods.slice(0, 5))("are met by every text, with %s", async (_, method) => {
    for (let round = 0; round < 6; round++) {
      const terms = words.filter((_, index) => ((round + 2) * (index + 3)) % 11 < 1 + (round % 3)).slice(0, 3);
      const constraints = [requireTerms(terms), forbid(["was"])];
      const options = { ...method, maxTokens: 60, constraints };
      const text = await model.generate("Once upon a time", options).text();
      expect(terms.length).toBeGreaterThan(0);
      for (const term of terms) expect(text).toContain(term);
      expect(text).not.toMatch(/\bwas\b/iu);
    }
  });

  it("take the place in the text that the model likes, with beams", async () => {
    const prompt = "Once upon a time, there was a little";
    const options: GenerateOptions = { beams: 5, maxTokens: 40, constraints: [requireTerms(["dog"])] };
    const generation = model.generate(prompt, options);
    const text = await generation.text();
    expect(text).toMatch(/\bdog\b/u);
    expect(generation.hypotheses.length).toBeGreaterThan(1);
    for (const hypothesis of generation.hypotheses) expect(hypothesis.text).toMatch(/\bdog\b/u);
    // It costs less than what greedy choice is forced to write at the end.
    let forced = 0;
    const greedy = { ...options, beams: 1, logprobs: 0 };
    for await (const { logprob } of model.generate(prompt, greedy)) forced += logprob!;
    expect(generation.hypotheses[0]!.logprob).toBeGreaterThan(forced);
  });
});
