import { describe, expect, it } from "vitest";
import { BackendContext } from "./backend-context.ts";
import { boundOf } from "./compare.ts";
import { DeviceContext } from "./device-context.ts";
import { faultyBackend } from "./self-test/faulty-backend.ts";
import { faultyDevice } from "./self-test/faulty-device.ts";
import { describeWorst, describeWorstScore, rowAndColumn } from "./worst-element.ts";

const element = (index: number) => `element ${index}`;

describe("describeWorst", () => {
  it("names the first element that is not finite, however far others are off", () => {
    const actual = [0.25, 900, Number.NaN, Infinity];
    expect(describeWorst(actual, [0.25, 1, 0.31, 2], element)).toBe("element 2: expected 0.31, got NaN");
    expect(describeWorst([1, -Infinity], [1, 2], element)).toBe("element 1: expected 2, got -Infinity");
  });

  it("names the element that is farthest off", () => {
    const actual = Float32Array.of(1, 2.5, 3.25, 4);
    expect(describeWorst(actual, [1, 2, 4, 4], rowAndColumn(2))).toBe("row 1, column 0: expected 4, got 3.25");
  });
});

describe("describeWorstScore", () => {
  it("takes the constant that most elements have in common", () => {
    const reference = [1, 2, 3, 4, 5];
    expect(describeWorstScore([41, 42, 90, 44, 45], reference, element)).toBe("element 2: expected 43, got 90");
    expect(describeWorstScore([41, 42, 43, Number.NaN, 90], reference, element)).toBe(
      "element 3: expected 44, got NaN",
    );
  });

  it("names the first element when none is finite", () => {
    const nothing = Float32Array.of(Number.NaN, Number.NaN);
    expect(describeWorstScore(nothing, [0.5, 1], element)).toBe("element 0: expected 0.5, got NaN");
  });
});

describe("the messages of the suite", () => {
  it("name the token of a wrong score", () => {
    const context = new BackendContext(faultyBackend(), boundOf("f32"), ["F32"]);
    const expectScores = (scores: number[]) => () => context.expectScores(scores, [0, 1, 2], "scores at position 4");
    expect(expectScores([5, 6, 7])).not.toThrow();
    expect(expectScores([0, Number.NaN, 2])).toThrow("scores at position 4: token 1: expected 1, got NaN (NMSE ");
    expect(expectScores([0, 1, 3])).toThrow(
      /: token 2: expected 2, got 3 \(NMSE 6\.09e-1 after log-softmax, at most 1e-9\)$/,
    );
  });

  it("name the row and the column of a wrong value", () => {
    const context = new DeviceContext(faultyDevice(), boundOf("f32"));
    const expectValues = (width?: number) => () =>
      context.expectValues([1, 2, 3, Number.NaN], [1, 2, 3, 4], "2 rows", width);
    expect(expectValues(2)).toThrow("2 rows: row 1, column 1: expected 4, got NaN (NMSE Infinity, at most 1e-9)");
    expect(expectValues()).toThrow("2 rows: element 3: expected 4, got NaN");
  });
});
