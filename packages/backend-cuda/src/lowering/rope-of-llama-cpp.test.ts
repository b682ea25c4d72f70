import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { RopeConfig, RopeNode } from "@bayling/core/backend";
import { describe, expect, it } from "vitest";
import { type RopeParameters, ropeOfLlamaCpp, sameRotation } from "./rope-of-llama-cpp.ts";

const headSize = 12;
const plain: RopeParameters = { theta: 10_000, factor: 1, yarn: false, originalContextLength: 64, attentionFactor: 1 };

/** What core makes of a configuration. */
function rotationOf(rope: Partial<RopeConfig>): RopeNode {
  const { nodes } = tinyLlama({ config: { rope } }).graph;
  return nodes.find((node) => node.op === "rope")!;
}

const yarn = { type: "yarn", factor: 8, originalMaxPositionEmbeddings: 512, betaFast: 32, betaSlow: 1 } as const;

describe("ropeOfLlamaCpp", () => {
  it.each<[string, Partial<RopeConfig>, Partial<RopeParameters>]>([
    ["a base", { theta: 1e6 }, { theta: 1e6 }],
    ["linear scaling", { scaling: { type: "linear", factor: 4 } }, { factor: 4 }],
    ["frequency factors", { frequencyFactors: [1, 1, 2, 2, 4, 8] }, { frequencyFactors: [1, 1, 2, 2, 4, 8] }],
    [
      "YaRN",
      { scaling: { ...yarn, attentionFactor: 1 + 0.1 * Math.log(8) } },
      { yarn: true, factor: 8, originalContextLength: 512 },
    ],
    [
      "YaRN with an attention factor",
      { theta: 500, scaling: { ...yarn, attentionFactor: 2 * (1 + 0.1 * Math.log(8)) } },
      { theta: 500, yarn: true, factor: 8, originalContextLength: 512, attentionFactor: 2 },
    ],
  ])("is what core makes of %s", (_, rope, parameters) => {
    expect(sameRotation(rotationOf(rope), ropeOfLlamaCpp({ ...plain, ...parameters }, headSize))).toBe(true);
  });

  it.each<[string, Partial<RopeConfig>, Partial<RopeParameters>]>([
    ["another base", { theta: 10_001 }, {}],
    ["another factor", { scaling: { type: "linear", factor: 4 } }, { factor: 2 }],
    ["another magnitude", { scaling: { ...yarn, attentionFactor: 1 } }, { yarn: true, factor: 8 }],
    ["fewer pairs", { rotaryDimension: 8 }, {}],
  ])("tells rotations apart: %s", (_, rope, parameters) => {
    expect(sameRotation(rotationOf(rope), ropeOfLlamaCpp({ ...plain, ...parameters }, headSize))).toBe(false);
  });
});
