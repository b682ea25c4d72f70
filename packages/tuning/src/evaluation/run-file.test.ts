import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunFile } from "./run-file.ts";
import { runItems } from "./run-items.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-run-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = { model: "tiny", temperature: 0 };
const numbers = Array.from({ length: 40 }, (_, index) => index);

async function runAll(
  path: string,
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<{ asked: number[]; answers: number[] }> {
  const asked: number[] = [];
  await using file = await RunFile.open<number>(path, settings);
  const answer = async (item: number) => {
    if (asked.length >= stopAfter) throw new Error("stopped");
    asked.push(item);
    return item * item;
  };
  const answers = await runItems(numbers, String, answer, { concurrency: 3, file }).catch(() => []);
  return { asked, answers };
}

describe("a run", () => {
  it("goes on where it was, and asks nothing twice", async () => {
    const path = join(folder, "resumed.jsonl");
    const first = await runAll(path, 11);
    const second = await runAll(path);
    expect(second.answers).toEqual(numbers.map((number) => number * number));
    expect(new Set([...first.asked, ...second.asked]).size).toBe(40);
    expect(first.asked.length + second.asked.length).toBe(40);
    expect((await runAll(path)).asked).toEqual([]);
  });

  it("goes on after any number of its bytes was lost", async () => {
    const path = join(folder, "torn.jsonl");
    await runAll(path);
    const whole = await readFile(path);
    for (let size = 0; size < whole.length; size += 37) {
      await writeFile(path, whole);
      await truncate(path, size);
      expect((await runAll(path)).answers, `after ${size} bytes`).toEqual(numbers.map((number) => number * number));
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      for (const line of lines) JSON.parse(line);
      expect(lines.length).toBe(41);
    }
  });

  it("keeps all that was said to be written when its process is killed", async () => {
    const path = join(folder, "killed.jsonl");
    // Nothing of TypeScript: the child writes as the class does, and dies in the middle of a line.
    const script = `
      const fs = require("node:fs");
      fs.appendFileSync(process.argv[1], '{"key":"3","answer":9}\\n{"key":"4","ans');
      process.kill(process.pid, "SIGKILL");`;
    await (await RunFile.open(path, settings))[Symbol.asyncDispose]();
    const child = spawn(process.execPath, ["-e", script, path]);
    await new Promise((resolve) => child.on("close", resolve));
    await using file = await RunFile.open<number>(path, settings);
    expect([file.size, file.get("3"), file.get("4")]).toEqual([1, 9, undefined]);
    await file.add("4", 16);
    expect((await readFile(path, "utf8")).trimEnd().split("\n").at(-1)).toBe('{"key":"4","answer":16}');
  });

  it("refuses a file of another run, and what is no run", async () => {
    const path = join(folder, "other.jsonl");
    await runAll(path);
    await expect(RunFile.open(path, { ...settings, temperature: 1 })).rejects.toMatchObject({ code: "run-mismatch" });
    await writeFile(path, "a letter to nobody\n");
    await expect(RunFile.open(path, settings)).rejects.toMatchObject({ code: "run-mismatch" });
    await expect(RunFile.open(join(folder, "no", "such", "folder"), settings)).rejects.toMatchObject({
      code: "sink-unwritable",
    });
  });

  it("aborts what runs when one fails, and says why", async () => {
    const aborted: unknown[] = [];
    const answer = (item: number, signal: AbortSignal) =>
      new Promise<number>((_, reject) => {
        if (item === 2) return reject(new Error("the third"));
        signal.addEventListener("abort", () => {
          aborted.push(item);
          reject(signal.reason as Error);
        });
      });
    await expect(runItems(numbers, String, answer, { concurrency: 4 })).rejects.toThrow("the third");
    expect(aborted).toEqual([0, 1, 3]);
  });

  it("stops at the signal with its reason", async () => {
    const stop = new AbortController();
    const answer = async (item: number) => {
      if (item === 5) stop.abort(new Error("enough"));
      return item;
    };
    const seen: number[] = [];
    const options = { concurrency: 1, signal: stop.signal, onProgress: (done: number) => seen.push(done) };
    await expect(runItems(numbers, String, answer, options)).rejects.toThrow("enough");
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
