import { describe, expect, it } from "vitest";
import { readGguf } from "../formats/gguf-reader.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import type { RopeScaling } from "../graph/model-config.ts";
import { tinyGguf } from "../testing/tiny-model.ts";
import { readGgufConfig } from "./gguf-config.ts";

const text = (value: string): GgufEntry => ({ type: "string", value });
const float = (value: number): GgufEntry => ({ type: "float32", value });

describe("readGgufConfig", () => {
  const yarn = { type: "yarn", originalMaxPositionEmbeddings: 96, betaFast: 32, betaSlow: 1 } as const;
  it.each<[string, Record<string, GgufEntry>, RopeScaling | undefined]>([
    ["nothing", {}, undefined],
    ["a factor without a type", { "scaling.factor": float(4) }, { type: "linear", factor: 4 }],
    ["the old key", { scale_linear: float(2) }, { type: "linear", factor: 2 }],
    ["both keys", { scale_linear: float(2), "scaling.factor": float(4) }, { type: "linear", factor: 4 }],
    ["a factor of 0", { "scaling.type": text("linear"), "scaling.factor": float(0) }, undefined],
    ["none with a factor", { "scaling.type": text("none"), "scaling.factor": float(4) }, undefined],
    [
      "YaRN",
      { "scaling.type": text("yarn"), "scaling.factor": float(4), "scaling.attn_factor": float(0.5) },
      { ...yarn, factor: 4, attentionFactor: 0.5 * (1 + 0.1 * Math.log(4)) },
    ],
    [
      "YaRN that shrinks",
      { "scaling.type": text("yarn"), "scaling.factor": float(0.5) },
      { ...yarn, factor: 0.5, attentionFactor: 1 },
    ],
  ])("reads the RoPE scaling of a file with %s", async (_, entries, expected) => {
    const blob = await tinyGguf((metadata) => {
      for (const [key, entry] of Object.entries(entries)) metadata.set(`llama.rope.${key}`, entry);
    });
    const file = await readGguf(blob);
    expect(readGgufConfig(file).rope.scaling).toEqual(expected);
    await file.dispose();
  });
});
