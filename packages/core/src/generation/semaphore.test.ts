import { describe, expect, it } from "vitest";
import { Semaphore, sequencePermits } from "./semaphore.ts";

/** What happens now, without waiting for anything else. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await undefined;
}

describe("Semaphore", () => {
  it("lets as many in as it has permits, and the others in the order of coming", async () => {
    const semaphore = new Semaphore(2);
    const inside: number[] = [];
    const enter = async (name: number, count: number) => {
      const release = await semaphore.acquire(count);
      inside.push(name);
      return release;
    };
    const [one, two] = [await enter(1, 1), await enter(2, 1)];
    const waiting = [enter(3, 2), enter(4, 1)];
    await settled();
    expect(inside).toEqual([1, 2]);
    one();
    one();
    await settled();
    // The third needs both: the fourth does not pass it by.
    expect(inside).toEqual([1, 2]);
    two();
    await settled();
    expect(inside).toEqual([1, 2, 3]);
    (await waiting[0]!)();
    await settled();
    expect(inside).toEqual([1, 2, 3, 4]);
  });

  it("gives all that there are to who asks for more", async () => {
    const semaphore = new Semaphore(3);
    const release = await semaphore.acquire(Infinity);
    let isIn = false;
    const next = semaphore.acquire().then((done) => {
      isIn = true;
      return done;
    });
    await settled();
    expect(isIn).toBe(false);
    release();
    (await next)();
    (await semaphore.acquire(3))();
  });

  it("forgets who went away, and serves who stood behind", async () => {
    const semaphore = new Semaphore(2);
    const release = await semaphore.acquire(1);
    const controller = new AbortController();
    const reason = new Error("enough");
    const many = semaphore.acquire(2, controller.signal);
    const one = semaphore.acquire(1);
    controller.abort(reason);
    await expect(many).rejects.toBe(reason);
    (await one)();
    await expect(semaphore.acquire(1, controller.signal)).rejects.toBe(reason);
    release();
    (await semaphore.acquire(2))();
  });

  it("is one for each model", () => {
    const model = { capabilities: { maxSequences: 2 } };
    expect(sequencePermits(model)).toBe(sequencePermits(model));
    expect(sequencePermits({ ...model })).not.toBe(sequencePermits(model));
  });
});
