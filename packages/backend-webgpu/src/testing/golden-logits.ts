import { readFileSync } from "node:fs";
import { readGguf, readGgufModel } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";
import { sharedFixture } from "./shared-fixtures.ts";

/** Scores of llama.cpp and others, in float64 where they have it. */
export interface Golden {
  readonly tokens: number[];
  readonly positions: number[];
  readonly files: Readonly<Record<string, number[][]>>;
}

/** Undefined without the data beside the repository. */
export function readGolden(folder: "quantized" | "families"): Golden | undefined {
  const path = sharedFixture(`fixtures/${folder}/golden.json`);
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, "utf8")) as Golden);
}

export interface Scores {
  /** [tokens, vocabulary], of one evaluation. */
  readonly whole: readonly Float32Array[];
  /** The same with an evaluation for each of the last tokens. */
  readonly single: readonly Float32Array[];
}

/** @param singles how many tokens are evaluated one by one in the second run */
export async function evaluateFile(
  backend: Pick<Backend, "doLoad">,
  path: string,
  tokens: readonly number[],
  singles: number,
): Promise<Scores> {
  const file = await readGguf(path);
  const model = await readGgufModel(file);
  const loaded = await backend.doLoad(model, {
    ...{ contextLength: tokens.length, maxSequences: 1 },
    ...{ onProgress: () => {}, signal: undefined },
  });
  const { vocabularySize } = model.config;
  const sequence = await loaded.doCreateSequence();
  const evaluate = async (first: number, end: number) => {
    const piece = Uint32Array.from(tokens.slice(first, end));
    const [result] = await loaded.doEvaluate([{ sequence, tokens: piece, want: "all" }], { signal: undefined });
    return Array.from(piece, (_, row) => result!.scores!.subarray(row * vocabularySize, (row + 1) * vocabularySize));
  };
  try {
    const whole = await evaluate(0, tokens.length);
    const firstSingle = tokens.length - singles;
    sequence.doTruncate(firstSingle);
    const single: Float32Array[] = [];
    for (let index = firstSingle; index < tokens.length; index++) single.push(...(await evaluate(index, index + 1)));
    return { whole, single };
  } finally {
    await loaded.dispose();
    await file.dispose();
  }
}
