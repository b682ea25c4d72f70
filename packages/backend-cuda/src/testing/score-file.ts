import { readGguf, readGgufModel } from "@bayling/core";
import type { Backend } from "@bayling/core/backend";

/** Scores after every token of a text: all in one evaluation, and again one by one. */
export interface FileScores {
  readonly together: readonly Float32Array[];
  readonly oneByOne: readonly Float32Array[];
}

/** Evaluates a text with the model in a GGUF file, past core's tokenizer, which the file may not have. */
export async function scoreFile(backend: Backend, path: string, tokens: readonly number[]): Promise<FileScores> {
  const file = await readGguf(path);
  try {
    const model = await readGgufModel(file);
    const loaded = await backend.doLoad(model, {
      ...{ contextLength: tokens.length, maxSequences: 2, onProgress: () => {}, signal: undefined },
    });
    try {
      const evaluate = async (pieces: readonly (readonly number[])[]) => {
        const sequence = await loaded.doCreateSequence();
        const rows: Float32Array[] = [];
        for (const piece of pieces) {
          const item = { sequence, tokens: Uint32Array.from(piece), want: "all" } as const;
          const [result] = await loaded.doEvaluate([item], { signal: undefined });
          const { vocabularySize } = model.config;
          piece.forEach((_, row) => {
            rows.push(result!.scores!.slice(row * vocabularySize, (row + 1) * vocabularySize));
          });
        }
        return rows;
      };
      return { together: await evaluate([tokens]), oneByOne: await evaluate(tokens.map((token) => [token])) };
    } finally {
      await loaded.dispose();
    }
  } finally {
    await file.dispose();
  }
}

/** The largest difference between probabilities. */
export function largestDifference(left: Float64Array, right: Float64Array): number {
  if (left.length !== right.length) return Infinity;
  return left.reduce((worst, value, id) => Math.max(worst, Math.abs(value - right[id]!)), 0);
}

export function probabilities(scores: ArrayLike<number>): Float64Array {
  const best = Array.prototype.reduce.call(
    scores,
    (most, score) => Math.max(most as number, score),
    -Infinity,
  ) as number;
  const heats = Float64Array.from(scores, (score) => Math.exp(score - best));
  const total = heats.reduce((sum, heat) => sum + heat, 0);
  return heats.map((heat) => heat / total);
}
