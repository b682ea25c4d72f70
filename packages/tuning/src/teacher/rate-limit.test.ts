import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RateLimit, type RateLimits } from "./rate-limit.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** How many of ten questions have gone after each of these times, in milliseconds. */
async function gone(limits: RateLimits, tokens: number, times: readonly number[]): Promise<number[]> {
  const limit = new RateLimit(limits);
  let count = 0;
  for (let question = 0; question < 10; question++) void limit.wait(tokens, undefined).then(() => count++);
  const counts: number[] = [];
  let now = 0;
  for (const time of times) {
    await vi.advanceTimersByTimeAsync(time - now);
    now = time;
    counts.push(count);
  }
  return counts;
}

test("questions go evenly, the first one at once", async () => {
  expect(await gone({ requestsPerMinute: 600 }, 1, [0, 99, 101, 301, 899, 901])).toEqual([1, 1, 2, 4, 9, 10]);
});

test("the narrower limit counts", async () => {
  const limits = { requestsPerMinute: 600, tokensPerMinute: 6000 };
  expect(await gone(limits, 5, [0, 101, 901])).toEqual([1, 2, 10]);
  expect(await gone(limits, 50, [0, 499, 501, 1001])).toEqual([1, 1, 2, 3]);
});

test("without limits nothing waits", async () => {
  expect(await gone({}, 1_000_000, [0])).toEqual([10]);
});

test("a question that waits can be called off", async () => {
  const limit = new RateLimit({ requestsPerMinute: 1 });
  await limit.wait(1, undefined);
  const stop = new AbortController();
  const waiting = limit.wait(1, stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
