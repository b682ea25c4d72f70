import { expect, test } from "vitest";
import { Admission, type Place } from "./admission.ts";
import type { Problem } from "./problem.ts";

const never = new AbortController().signal;
const admissionOf = (maxConcurrent: number, maxQueued: number) =>
  new Admission({ maxConcurrent, maxQueued, seconds: 600 });
const settled = () => new Promise((resolve) => setImmediate(resolve));
const refusal = (entering: Promise<Place>) =>
  entering.then(
    () => undefined,
    (problem: unknown) => problem as Problem,
  );

test("clients take turns, whoever asks more", async () => {
  const admission = admissionOf(1, 10);
  const first = await admission.enter({ client: "a", signal: never });
  const order: string[] = [];
  const work = ["a1", "a2", "a3", "b1", "c1", "b2"].map(async (name) => {
    const place = await admission.enter({ client: name[0]!, signal: never });
    order.push(name);
    await settled();
    place.leave();
  });
  expect(admission.queued).toBe(6);
  first.leave();
  await Promise.all(work);
  expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  expect([admission.running, admission.queued, admission.busy]).toEqual([0, 0, false]);
});

test("a full queue refuses with Retry-After, first those who wait with most", async () => {
  const admission = admissionOf(1, 3);
  const place = await admission.enter({ client: "a", signal: never });
  const waiting = [1, 2, 3].map(() => refusal(admission.enter({ client: "a", signal: never })));
  expect(await refusal(admission.enter({ client: "a", signal: never }))).toMatchObject({ status: 429, retryAfter: 4 });
  // Somebody else comes: the last of the one with three makes way.
  const other = admission.enter({ client: "b", signal: never });
  expect(await waiting[2]).toMatchObject({ status: 429 });
  expect(admission.queued).toBe(3);
  place.leave();
  const closing = admission.close();
  expect((await refusal(other))?.status).toBe(503);
  admission.abort();
  await settled();
  expect(await refusal(admission.enter({ client: "c", signal: never }))).toMatchObject({ status: 503 });
  expect(admission.running).toBe(1);
  void closing;
});

test("work that needs more sequences waits for them and is not overtaken", async () => {
  const admission = admissionOf(3, 10);
  const small = await admission.enter({ client: "a", signal: never, sequences: 2 });
  const order: string[] = [];
  const large = admission.enter({ client: "b", signal: never, sequences: 3 }).then((place) => {
    order.push("large");
    return place;
  });
  const late = admission.enter({ client: "c", signal: never }).then((place) => {
    order.push("late");
    return place;
  });
  await settled();
  expect(order).toEqual([]);
  small.leave();
  (await large).leave();
  (await late).leave();
  expect(order).toEqual(["large", "late"]);
  expect(await refusal(admission.enter({ client: "d", signal: never, sequences: 4 }))).toMatchObject({ status: 400 });
});

test("who goes away leaves the queue, or has its place's signal fired", async () => {
  const admission = admissionOf(1, 10);
  const [running, waiting] = [new AbortController(), new AbortController()];
  const place = await admission.enter({ client: "a", signal: running.signal });
  const gone = refusal(admission.enter({ client: "b", signal: waiting.signal }));
  waiting.abort(new Error("gone"));
  expect(await gone).toMatchObject({ status: 499, code: "client-gone", cause: { message: "gone" } });
  expect(admission.queued).toBe(0);
  running.abort(new Error("gone too"));
  expect(place.signal.aborted).toBe(true);
  place.leave();
  place.leave();
  await admission.close();
});

test("time is up at some point", async () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueued: 1, seconds: 0.01 });
  const place = await admission.enter({ client: "a", signal: never });
  await new Promise((resolve) => place.signal.addEventListener("abort", resolve));
  expect(place.signal.reason).toMatchObject({ status: 504, code: "time-limit" });
  place.leave();
});
