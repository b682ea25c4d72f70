import { expect, test } from "vitest";
import { lossCurve } from "./loss-curve.mjs";

test("a curve has a point for each line of the log", () => {
  const lines = [
    { step: 10, loss: 4 },
    { step: 20, loss: 2 },
    { step: 20, validation_loss: 2.5 },
  ];
  const picture = lossCurve(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  expect(picture).toContain('points="376.0,16.0 704.0,168.0"');
  expect(picture.match(/<circle/g)).toHaveLength(1);
  expect(picture).toContain('cx="704.0" cy="130.0"');
});
