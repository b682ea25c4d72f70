import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { LoadProgress } from "@bayling/core/backend";
import { expect, it } from "vitest";
import { LoadStages } from "./load-stages.ts";

const model = tinyLlama();
const weightBytes = model.graph.weights.reduce((sum, { name }) => sum + model.weights.get(name).byteLength, 0);

it.each([
  [1, "where nothing is written", [[100, 100]]],
  [
    2,
    "after writing",
    [
      [0, 100],
      [40, 100],
      [100, 100],
    ],
  ],
] as const)("counts the weights %d times %s", (times, _, written) => {
  const seen: LoadProgress[] = [];
  const stages = new LoadStages(model, (progress) => seen.push(progress));
  for (const [bytes, total] of written) stages.written(bytes, total);
  for (const fraction of [0, 0.5, 1]) stages.loaded(fraction);
  expect(new Set(seen.map(({ totalBytes }) => totalBytes))).toEqual(new Set([times * weightBytes]));
  expect(seen.at(-1)!.loadedBytes).toBe(times * weightBytes);
  expect(seen.map(({ loadedBytes }) => loadedBytes)).toEqual(seen.map((one) => one.loadedBytes).sort((a, b) => a - b));
});
