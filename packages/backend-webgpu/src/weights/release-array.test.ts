import { describe, expect, it } from "vitest";
import { releaseArray } from "./release-array.ts";

const megabytes = () => process.memoryUsage().arrayBuffers / 1e6;

describe("releaseArray", () => {
  it("gives memory back without a collection", async () => {
    const base = megabytes();
    let peak = 0;
    for (let round = 0; round < 200; round++) {
      const array = new Uint8Array(2e6).fill(1);
      releaseArray(array);
      expect(array.length).toBe(0);
      await new Promise((resolve) => setImmediate(resolve));
      peak = Math.max(peak, megabytes() - base);
    }
    expect(peak).toBeLessThan(5);
  });

  it("leaves views of something longer alone", () => {
    const whole = Uint8Array.of(1, 2, 3, 4);
    releaseArray(whole.subarray(1));
    expect([...whole]).toEqual([1, 2, 3, 4]);
  });
});
