import { describe, expect, it } from "vitest";
import { drawnTokens } from "./drawn-tokens.ts";

describe("drawnTokens", () => {
  const drawn = Uint32Array.of(5, 1, 6, 2, 0xffffffff, 3, 7, 4); // two rows, four steps

  it("takes a row's tokens up to its steps or a stop token", () => {
    expect([...drawnTokens(drawn, 2, 1, { steps: 9, stopTokens: [] })]).toEqual([1, 2, 3, 4]);
    expect([...drawnTokens(drawn, 2, 1, { steps: 3, stopTokens: [] })]).toEqual([1, 2, 3]);
    expect([...drawnTokens(drawn, 2, 1, { steps: 4, stopTokens: [8, 2] })]).toEqual([1, 2]);
  });

  it("minds a failed draw only when the row had not ended before", () => {
    expect([...drawnTokens(drawn, 2, 0, { steps: 2, stopTokens: [] })]).toEqual([5, 6]);
    expect([...drawnTokens(drawn, 2, 0, { steps: 4, stopTokens: [6] })]).toEqual([5, 6]);
    expect(() => drawnTokens(drawn, 2, 0, { steps: 4, stopTokens: [] })).toThrow("no finite numbers");
  });
});
