import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { parseShard } from "./shard.ts";
import { joinShards, runShard, type ShardedStage } from "./sharded-stage.ts";

const folder = temporaryFolder();
let count = 0;
const newWork = () => path.join(folder, `work-${count++}`);

/** Some items are made at once, others take a while, the first ones the longest. */
function stage(
  items: readonly number[],
  changes: Partial<ShardedStage<number, string>> = {},
): ShardedStage<number, string> {
  return {
    ...{ name: "generate", settings: { seed: 1 }, items, key: String, concurrency: 4 },
    make: (item) => (item % 3 === 0 ? `now ${item}` : setTimeout((item * 7) % 5, `later ${item}`)),
    ...changes,
  };
}

const items = Array.from({ length: 50 }, (_, index) => index);
const expected = items.map((item) => (item % 3 === 0 ? `now ${item}` : `later ${item}`));

test("shards join in the order of the items, however many there are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.nat(40), async (of, length) => {
      const workFolder = newWork();
      for (let number = of; number >= 1; number--) {
        await runShard(stage(items.slice(0, length)), { workFolder, shard: { number, of } });
      }
      expect([...joinShards(workFolder, "generate")]).toEqual(expected.slice(0, length));
    }),
    { numRuns: 25 },
  );
});

test("results are written in order, whichever comes first, and a failure keeps those before it", async () => {
  const workFolder = newWork();
  const whole = newWork();
  await runShard(stage(items), { workFolder: whole, shard: parseShard("1/1") });
  const failure = new Error("no");
  const make = (item: number) => (item === 31 ? Promise.reject(failure) : stage(items).make(item));
  const kept: string[] = [];
  await expect(runShard(stage(items, { make }), { workFolder, shard: parseShard("1/1") })).rejects.toBe(failure);
  expect(() => [...joinShards(workFolder, "generate")]).toThrow(expect.objectContaining({ code: "work-incomplete" }));
  const onResult = (result: string, isNew: boolean) => {
    if (!isNew) kept.push(result);
  };
  await runShard(stage(items, { onResult }), { workFolder, shard: parseShard("1/1") });
  expect(kept).toEqual(expected.slice(0, 31));
  const journal = (work: string) => readFileSync(path.join(work, "generate/1-of-1.jsonl"), "utf8");
  expect(journal(workFolder)).toBe(journal(whole));
});

test("as many items are under way as may be, those that take no time not counted", async () => {
  let [now, most] = [0, 0];
  const make = (item: number): string | Promise<string> => {
    if (item % 10 !== 0) return "now";
    most = Math.max(most, ++now);
    return setTimeout(5, "later").finally(() => now--);
  };
  const many = Array.from({ length: 200 }, (_, index) => index);
  await runShard(stage(many, { make, concurrency: 3 }), { workFolder: newWork(), shard: parseShard("1/1") });
  expect(most).toBe(3);
});

test("a journal from elsewhere that was made with other settings is not joined", async () => {
  const [one, other] = [newWork(), newWork()];
  await runShard(stage(items), { workFolder: one, shard: parseShard("1/1") });
  await runShard(stage(items, { settings: { seed: 2 } }), { workFolder: other, shard: parseShard("1/1") });
  const journal = "generate/1-of-1.jsonl";
  writeFileSync(path.join(one, journal), readFileSync(path.join(other, journal)));
  expect(() => [...joinShards(one, "generate")]).toThrow(expect.objectContaining({ code: "work-changed" }));
});

test("a signal stops a shard, and what is done stays", async () => {
  const workFolder = newWork();
  const stop = new AbortController();
  const reason = new Error("stop");
  const onResult = (result: string) => {
    if (result === expected[10]) stop.abort(reason);
  };
  const shard = parseShard("1/1");
  await expect(runShard(stage(items, { onResult }), { workFolder, shard, signal: stop.signal })).rejects.toBe(reason);
  let kept = 0;
  const counting = (_: string, isNew: boolean) => {
    if (!isNew) kept++;
  };
  await runShard(stage(items, { onResult: counting }), { workFolder, shard });
  expect(kept).toBeGreaterThanOrEqual(11);
  expect([...joinShards(workFolder, "generate")]).toEqual(expected);
});
