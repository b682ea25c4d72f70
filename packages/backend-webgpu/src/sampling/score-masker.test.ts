import { applyMask } from "@bayling/core/backend";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { ScoreMasker } from "./score-masker.ts";
import { RandomNumbers } from "./testing/random-numbers.ts";
import { randomMask, randomScores } from "./testing/random-scores.ts";
import { readWords, ScoreRows, submit } from "./testing/score-rows.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());

it.each([1, 31, 32, 33, 5000])(
  "masks as core does, and nothing beside it: vocabulary of %i",
  async (vocabularySize) => {
    const random = new RandomNumbers(vocabularySize);
    const scoreStride = vocabularySize + 3;
    const inputs = new ScoreRows(context, scoreStride, 4);
    const masker = new ScoreMasker(context, { vocabularySize, scoreStride, maxRows: 4 }, inputs.scores);
    const row = (): Uint32Array => randomMask(random, vocabularySize);
    for (const masks of [[row(), undefined, row()], [undefined], [row(), row(), undefined, row()]]) {
      const expected = [0, 1, 2, 3].map(() => randomScores(random, scoreStride));
      inputs.writeScores(expected);
      masker.prepare(masks);
      submit(context, masker.dispatches);
      masks.forEach((mask, index) => {
        if (mask !== undefined) applyMask(expected[index]!.subarray(0, vocabularySize), mask);
      });
      const actual = new Float32Array((await readWords(context, inputs.scores, 16 * scoreStride)).buffer);
      expect([...actual]).toEqual(expected.flatMap((scores) => [...scores]));
    }
    masker.dispose();
    inputs.dispose();
  },
);
