import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../model.ts";
import { maskOf } from "../sampling/token-mask.ts";
import { topScores } from "../sampling/top-scores.ts";
import { expectError } from "../testing/expect-error.ts";
import { bareCapabilities, limitedBackend } from "../testing/limited-backend.ts";
import { tinyModel } from "../testing/tiny-model.ts";

const tokens = [1, 260, 265, 266, 30, 268, 40, 41];

describe.each([
  ["on a backend that does everything", {}],
  ["on a backend that only evaluates", bareCapabilities],
  ["on a backend with small batches", { maxBatchTokens: 3 }],
])("Sequence %s", (_, limits) => {
  let model: Model;
  let whole: Float32Array;
  beforeAll(async () => {
    model = await tinyModel({ backend: limitedBackend(limits) });
    const sequence = await model.createSequence();
    whole = await sequence.evaluate(tokens, { want: "all" });
    sequence.dispose();
  });
  afterAll(() => model.dispose());
  const rowOf = (index: number) =>
    whole.subarray(index * model.config.vocabularySize, (index + 1) * model.config.vocabularySize);

  it("returns the same scores in one piece and token by token", async () => {
    const sequence = await model.createSequence();
    for (const [index, token] of tokens.entries()) expect(await sequence.evaluate([token])).toEqual(rowOf(index));
    expect(sequence.tokens).toEqual(tokens);
    sequence.dispose();
  });

  it("takes the best out of the row", async () => {
    const sequence = await model.createSequence();
    const top = await sequence.evaluate(tokens, { want: { top: 5, ids: [7, 3] } });
    const expected = topScores(rowOf(tokens.length - 1), 5, [7, 3]);
    expect(top.ids).toEqual(expected.ids);
    top.selected.forEach((score, index) => {
      expect(score).toBeCloseTo(expected.selected[index]!, 5);
    });
    sequence.dispose();
  });

  it("masks scores and the best", async () => {
    const mask = maskOf(model.config.vocabularySize, [5, 9]);
    const sequence = await model.createSequence();
    const scores = await sequence.evaluate(tokens, { mask });
    expect([...scores.keys()].filter((id) => scores[id] !== -Infinity)).toEqual([5, 9]);
    sequence.truncate(tokens.length - 1);
    const top = await sequence.evaluate(tokens.slice(-1), { want: { top: 5 }, mask });
    expect([...top.ids].sort()).toEqual([5, 9]);
    sequence.dispose();
  });

  it("forgets what is truncated", async () => {
    const sequence = await model.createSequence();
    await sequence.evaluate([...tokens.slice(0, 4), 99, 98], { want: "none" });
    sequence.truncate(4);
    expect(await sequence.evaluate(tokens.slice(4))).toEqual(rowOf(tokens.length - 1));
    sequence.dispose();
  });

  it("forks into two that go on independently", async () => {
    const sequence = await model.createSequence();
    await sequence.evaluate(tokens.slice(0, 5), { want: "none" });
    const fork = await sequence.fork();
    await sequence.evaluate([99], { want: "none" });
    expect(fork.tokens).toEqual(tokens.slice(0, 5));
    expect(await fork.evaluate(tokens.slice(5))).toEqual(rowOf(tokens.length - 1));
    sequence.truncate(5);
    fork.dispose();
    expect(await sequence.evaluate(tokens.slice(5))).toEqual(rowOf(tokens.length - 1));
    sequence.dispose();
  });

  it("works beside others in common batches", async () => {
    const sequences = await Promise.all([model.createSequence(), model.createSequence(), model.createSequence()]);
    const rows = await Promise.all(sequences.map((sequence, index) => sequence.evaluate(tokens.slice(0, 5 + index))));
    rows.forEach((row, index) => {
      expect(row).toEqual(rowOf(4 + index));
    });
    for (const sequence of sequences) sequence.dispose();
  });
});

describe("Sequence", () => {
  let model: Model;
  beforeAll(async () => {
    model = await tinyModel({ maxSequences: 2, contextLength: 16 });
  });
  afterAll(() => model.dispose());

  it("returns one hidden state a token as embedding", async () => {
    const sequence = await model.createSequence();
    expect((await sequence.evaluate(tokens, { want: "embedding" })).length).toBe(tokens.length * 32);
    sequence.dispose();
    const bare = await tinyModel({ backend: limitedBackend(bareCapabilities) });
    await expectError("capability-missing", async () =>
      (await bare.createSequence()).evaluate(tokens, { want: "embedding" }),
    );
    await bare.dispose();
  });

  it("refuses bad input, says what is wrong, and stays as it was", async () => {
    const sequence = await model.createSequence();
    await sequence.evaluate([1, 2], { want: "none" });
    const outOfRange = await expectError("token-out-of-range", () => sequence.evaluate([3, 271]));
    expect(outOfRange.message).toContain("tokens[1]");
    expect(outOfRange.message).toContain("from 0 to 270");
    await expectError("token-out-of-range", () => sequence.evaluate([1.5]));
    await expectError("token-out-of-range", () => sequence.evaluate([-1]));
    await expectError("argument-invalid", () => sequence.evaluate([]));
    await expectError("argument-invalid", () => sequence.evaluate([1], { want: "some" as "last" }));
    await expectError("argument-invalid", () => sequence.evaluate([1], { want: { top: -1 } }));
    await expectError("argument-invalid", () => sequence.evaluate([1], { want: { top: 1, ids: [271] } }));
    for (const mask of [new Uint32Array(8).fill(2), new Uint32Array(10).fill(2), new Uint32Array(9)]) {
      await expectError("argument-invalid", () => sequence.evaluate([1], { mask }));
    }
    const beyond = Uint32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1 << 31); // the bit of token 287 of 271
    await expectError("argument-invalid", () => sequence.evaluate([1], { mask: beyond }));
    await expectError("argument-invalid", () => sequence.truncate(3));
    const full = await expectError("context-full", () => sequence.evaluate(new Array(15).fill(5)));
    expect(full.expected).toContain("14 more");
    expect(sequence.tokens).toEqual([1, 2]);
    await sequence.evaluate(new Array(14).fill(5), { want: "none" });
    expect(sequence.position).toBe(16);
    sequence.dispose();
  });

  it("refuses a second call before the first is done", async () => {
    const sequence = await model.createSequence();
    const first = sequence.evaluate([1, 2, 3]);
    await expectError("sequence-busy", () => sequence.evaluate([4]));
    await expectError("sequence-busy", () => sequence.truncate(0));
    await expectError("sequence-busy", () => sequence.dispose());
    await expectError("sequence-busy", () => sequence.fork());
    await first;
    expect(sequence.tokens).toEqual([1, 2, 3]);
    sequence.dispose();
    sequence.dispose();
    await expectError("disposed", () => sequence.evaluate([4]));
  });

  it("keeps to the limit of sequences", async () => {
    const sequences = [await model.createSequence(), await model.createSequence()];
    await expectError("sequence-limit", () => model.createSequence());
    await expectError("sequence-limit", () => sequences[0]!.fork());
    for (const sequence of sequences) sequence.dispose();
    (await model.createSequence()).dispose();
  });

  it("is back where it was after an abort, before and within the work", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const slow = await tinyModel({
      backend: limitedBackend({ maxBatchTokens: 2 }, (batch) => {
        if (batch[0]!.sequence.position >= 4) controller.abort(reason);
      }),
    });
    const sequence = await slow.createSequence();
    await sequence.evaluate([1, 5], { want: "none" });
    await expect(sequence.evaluate([9], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(sequence.evaluate(tokens, { signal: controller.signal })).rejects.toBe(reason);
    expect(sequence.position).toBe(2);
    expect((await sequence.evaluate([7])).length).toBe(271);
    expect(sequence.tokens).toEqual([1, 5, 7]);
    await slow.dispose();
  });

  it("goes on for others of the batch when one gives up", async () => {
    const controller = new AbortController();
    const shared = await tinyModel({ backend: limitedBackend({}, () => controller.abort()) });
    const [first, second] = [await shared.createSequence(), await shared.createSequence()];
    const [aborted, finished] = await Promise.allSettled([
      first.evaluate(tokens, { signal: controller.signal }),
      second.evaluate(tokens),
    ]);
    expect(aborted.status).toBe("rejected");
    expect(finished.status).toBe("fulfilled");
    expect([first.position, second.position]).toEqual([0, tokens.length]);
    await shared.dispose();
  });

  it("wraps what a backend throws, and stays usable", async () => {
    let broken = true;
    const backend = limitedBackend({ maxBatchTokens: 4 }, (batch) => {
      if (broken && batch[0]!.sequence.position >= 4) throw new TypeError("boom");
    });
    const failing = await tinyModel({ backend });
    const sequence = await failing.createSequence();
    const error = await expectError("backend-failed", () => sequence.evaluate(tokens));
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(sequence.position).toBe(0);
    broken = false;
    await sequence.evaluate(tokens);
    expect(sequence.position).toBe(tokens.length);
    await failing.dispose();
  });
});
