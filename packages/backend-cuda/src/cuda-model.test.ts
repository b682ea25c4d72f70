import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { BackendSequence } from "@bayling/core/backend";
import { afterEach, describe, expect, it } from "vitest";
import type { CudaModel } from "./cuda-model.ts";
import { openNativeModel } from "./testing/open-native-model.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const cacheFolder = temporaryFolder();
const tiny = tinyLlama();
const noSignal = { signal: undefined };
const ids = (length: number, seed: number) =>
  Uint32Array.from({ length }, (_, index) => (index * 31 + seed * 17) % 257);

const opened: CudaModel[] = [];
afterEach(async () => {
  for (const model of opened.splice(0)) await model.dispose();
});

async function open(positions: number, onOpen?: (positions: number) => boolean): Promise<CudaModel> {
  const sizes = { positions, contextLength: 400, maxSequences: 4 };
  const model = await openNativeModel(tiny, { cacheFolder, ...sizes, ...(onOpen && { onOpen }) });
  opened.push(model);
  return model;
}

async function scores(model: CudaModel, sequence: BackendSequence, tokens: Uint32Array): Promise<Float32Array> {
  const [result] = await model.doEvaluate([{ sequence, tokens, want: "last" }], noSignal);
  return result!.scores!;
}

/** Where the cells of a sequence lie decides in which order numbers are added. */
function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual).toHaveLength(expected.length);
  expect(actual.reduce((most, score, id) => Math.max(most, Math.abs(score - expected[id]!)), 0)).toBeLessThan(1e-4);
}

describe("a KV cache that is too small", () => {
  it("grows, and every sequence keeps what it has read", async () => {
    const sizes: number[] = [];
    const small = await open(256, (positions) => sizes.push(positions) > 0);
    const large = await open(2048);
    const rows: Float32Array[][] = [];
    for (const model of [small, large]) {
      const first = await model.doCreateSequence();
      for (let at = 0; at < 180; at += 60) await scores(model, first, ids(60, at));
      const fork = await first.doFork!();
      const other = await model.doCreateSequence();
      for (let at = 0; at < 360; at += 60) await scores(model, other, ids(60, at + 7));
      rows.push([
        await scores(model, first, ids(50, 1)),
        await scores(model, fork, ids(50, 2)),
        await scores(model, other, ids(3, 3)),
      ]);
    }
    expect(sizes).toEqual([256, 512, 1024]);
    for (const [index, row] of rows[0]!.entries()) expectClose(row, rows[1]![index]!);
  });

  it("says so when there is no memory, and goes on with what it has", async () => {
    const model = await open(256, (positions) => positions === 256);
    const sequence = await model.doCreateSequence();
    for (let at = 0; at < 240; at += 60) await scores(model, sequence, ids(60, at));
    await expect(scores(model, sequence, ids(60, 9))).rejects.toMatchObject({ code: "out-of-memory" });
    expect(sequence.position).toBe(240);
    sequence.doTruncate(100);
    await scores(model, sequence, ids(60, 9));
    expect(sequence.position).toBe(160);
  });
});

describe("while a batch runs", () => {
  it("sequences are forked, cut short and disposed of after it", async () => {
    const model = await open(1024);
    const [one, two, three] = [
      await model.doCreateSequence(),
      await model.doCreateSequence(),
      await model.doCreateSequence(),
    ];
    for (const sequence of [one, two, three]) await scores(model, sequence, ids(40, 1));
    const expected = await scores(model, one, ids(5, 2));
    one.doTruncate(40);

    const running = model.doEvaluate([{ sequence: three, tokens: ids(60, 4), want: "none" }], noSignal);
    two.doTruncate(10);
    const forking = one.doFork!();
    two.dispose();
    await Promise.all([running, forking]);
    const created = [await model.doCreateSequence()];
    await expect(model.doCreateSequence()).rejects.toMatchObject({ code: "sequence-limit" });
    expect(created[0]!.position).toBe(0);
    expectClose(await scores(model, await forking, ids(5, 2)), expected);
  });

  it("disposing of the model waits for its end", async () => {
    const model = await open(1024);
    const sequence = await model.doCreateSequence();
    const running = model.doEvaluate([{ sequence, tokens: ids(60, 4), want: "last" }], noSignal);
    await model.dispose();
    expect((await running)[0]!.scores).toHaveLength(257);
    await expect(model.doCreateSequence()).rejects.toMatchObject({ code: "disposed" });
    sequence.dispose();
  });
});
