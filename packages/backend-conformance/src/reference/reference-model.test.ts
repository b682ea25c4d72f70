import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readGguf, readGgufModel } from "@bayling/core";
import { describe, expect, it } from "vitest";
import { scoreError } from "../compare.ts";
import { tinyLlama } from "../tiny-llama/tiny-llama.ts";
import { decodeTensor } from "./decode-tensor.ts";
import { ReferenceModel } from "./reference-model.ts";

const folder = fileURLToPath(new URL("../../../../../shared/fixtures/families/", import.meta.url));
const golden = existsSync(`${folder}golden.json`)
  ? (JSON.parse(readFileSync(`${folder}golden.json`, "utf8")) as {
      readonly tokens: number[];
      readonly positions: number[];
      readonly files: Readonly<Record<string, number[][]>>;
    })
  : undefined;
if (golden === undefined) console.warn("skipped: ../shared/fixtures/families is not here");

async function referenceOf(path: string): Promise<ReferenceModel> {
  const file = await readGguf(path);
  const { graph, weights } = await readGgufModel(file);
  const values = new Map<string, Float64Array>();
  for (const { name, shape } of graph.weights) {
    const { type, byteLength } = weights.get(name);
    values.set(name, decodeTensor({ type, shape, bytes: await weights.read(name, 0, byteLength) }));
  }
  await file.dispose();
  return new ReferenceModel(graph, values);
}

describe("the reference model", () => {
  it("gives a prefix the same scores whatever follows", () => {
    const reference = ReferenceModel.of(tinyLlama({ config: { slidingWindow: 3 } }));
    const { scores, hidden } = reference.evaluate([5, 6, 7, 8]);
    expect(scores).toHaveLength(4);
    expect(hidden[0]).toHaveLength(48);
    expect(reference.evaluate([5, 6]).scores[1]).toEqual(scores[1]);
    expect(reference.last([5, 6, 7, 9])).not.toEqual(scores[3]);
  });

  // llama.cpp rounds to f32, which is all that may differ.
  it.skipIf(golden === undefined).each(Object.keys(golden?.files ?? {}))(
    "agrees with llama.cpp on %s",
    async (name) => {
      const { tokens, positions, files } = golden!;
      const { scores } = (await referenceOf(`${folder}${name}`)).evaluate(tokens);
      for (const [index, position] of positions.entries()) {
        expect(scoreError(files[name]![index]!, scores[position]!)).toBeLessThan(1e-11);
      }
    },
  );
});
