import { loadModel } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { cpu } from "@bayling/core/cpu";
import { describe, expect, it } from "vitest";
import { evaluateFile, readGolden } from "./testing/golden-logits.ts";
import { sharedFixture } from "./testing/shared-fixtures.ts";
import { normalisedError } from "./tiers/normalised-error.ts";
import type { TierName } from "./tiers/tier-report.ts";
import { webgpu } from "./webgpu.ts";

/** What is asked of tiers that are as exact as f32. */
const bound = 1e-7;

// One device for the whole file: kernels of equal shape are compiled once.
const gpu = webgpu();

describe.each(["quantized", "families"] as const)("logits of fixtures/%s", (folder) => {
  const golden = readGolden(folder);
  if (golden === undefined) {
    it.skip("needs ../shared", () => {});
    return;
  }

  it.each(Object.keys(golden.files))("%s", async (name) => {
    const file = sharedFixture(`fixtures/${folder}/${name}`)!;
    const { tokens, positions } = golden;
    const singles = 8;
    const { whole, single } = await evaluateFile(gpu, file, tokens, singles);
    const reference = await evaluateFile(cpu(), file, tokens, 0);
    const errors = {
      golden: Math.max(...positions.map((at, index) => normalisedError(whole[at]!, golden.files[name]![index]!))),
      // Golden scores are for a few positions only.
      everyPosition: Math.max(...whole.map((row, at) => normalisedError(row, reference.whole[at]!))),
      tokenByToken: Math.max(
        ...single.map((row, at) => normalisedError(row, reference.whole[tokens.length - singles + at]!)),
      ),
    };
    for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(bound);
  });
});

describe("logits in other tiers", () => {
  const golden = readGolden("quantized");
  const tiers: readonly { name: string; tiers: readonly TierName[] }[] = [
    { name: "plain", tiers: [] },
    { name: "int8", tiers: ["int8"] },
    { name: "int8 and subgroups", tiers: ["subgroups", "int8"] },
  ];

  it.skipIf(golden === undefined).each(tiers)("$name", async (options) => {
    const file = sharedFixture("fixtures/quantized/q4_k_m.gguf")!;
    const { tokens, positions, files } = golden!;
    const { whole, single } = await evaluateFile(webgpu(options), file, tokens, 8);
    const rows = files["q4_k_m.gguf"]!;
    expect(Math.max(...positions.map((at, index) => normalisedError(whole[at]!, rows[index]!)))).toBeLessThan(bound);
    expect(Math.max(...single.map((row, at) => normalisedError(row, whole[tokens.length - 8 + at]!)))).toBeLessThan(
      bound,
    );
  });
});

describe("stories260K", () => {
  const path = sharedFixture("fixtures/stories260K.gguf");

  it.skipIf(path === undefined)("tells the same story as on the CPU for 200 tokens", async () => {
    const tell = async (backend: Backend) => {
      const model = await loadModel(path!, { backend, contextLength: 256, maxSequences: 1 });
      try {
        const generation = model.generate("Once upon a time", { temperature: 0, maxTokens: 200 });
        const tokens: number[] = [];
        let text = "";
        for await (const token of generation) {
          tokens.push(token.token);
          text += token.text;
        }
        return { tokens, text };
      } finally {
        await model.dispose();
      }
    };
    const story = await tell(gpu);
    expect(story).toEqual(await tell(cpu()));
    expect(story.tokens).toHaveLength(200);
    expect(story.text).toMatch(/^, there was a little girl named Lily\. She loved to play outside in the park\./);
  });
});
