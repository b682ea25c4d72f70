import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildProgram, type Ending, hashFiles, runProgram, tuneRun } from "../testing/built-program.ts";
import { writeSmallBitext } from "../testing/small-bitext.ts";
import { temporaryFolder } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
const bitext = writeSmallBitext(folder, "small.tsv", 40);
const whole = path.join(folder, "whole");
let program: string;
let expected: Record<string, string>;

beforeAll(async () => {
  program = await buildProgram(folder);
  expect(await runProgram(process.execPath, tuneRun(program, bitext, whole))).toMatchObject({
    ended: true,
    stderr: expect.not.stringContaining("error:"),
  });
  expected = hashFiles(whole);
}, 120_000);

/** A disk of our own, which only root may have. */
const disk = path.join(folder, "disk");
mkdirSync(disk);
const isMounted = process.platform === "linux" && mount("size=16k");
afterAll(() => {
  if (isMounted) spawnSync("umount", [disk]);
});

function mount(options: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]).status === 0;
}

/** What a run that was stopped has left is a beginning of what it would have written. */
function expectSound(work: string): void {
  for (const [name, hash] of Object.entries(hashFiles(work))) {
    if (hash === expected[name] || name.endsWith(".partial")) continue;
    const journal = readFileSync(path.join(work, name), "utf8");
    const sound = journal.slice(0, journal.lastIndexOf("\n") + 1);
    expect(name).toMatch(/^generate.*\.jsonl$/);
    expect(readFileSync(path.join(whole, name), "utf8").startsWith(sound)).toBe(true);
  }
}

/** Gives a run more and more room until it comes to its end. @returns in which stages the room was too small */
async function runInRooms(work: string, run: (kibibytes: number) => Promise<Ending>): Promise<ReadonlySet<string>> {
  const stages = new Set<string>();
  for (let room = 4; ; room = Math.ceil(room * 1.7)) {
    const ending = await run(room);
    if (ending.ended) break;
    expectFull(ending);
    expectSound(work);
    stages.add(/error:.*?[\\/](prepare|generate|export|card)\b/.exec(ending.stderr)?.[1] ?? ending.stderr);
  }
  expect(hashFiles(work)).toEqual(expected);
  return stages;
}

function expectFull({ ended, stderr }: Ending): void {
  expect(ended).toBe(false);
  expect(stderr).toContain("the disk is full");
  expect(stderr).toContain("What was done so far is kept; free space and give the same command again");
}

test.skipIf(!isMounted)(
  "on a disk that is full it stops with all that was done, and goes on to the same bytes",
  async () => {
    const work = path.join(disk, "work");
    const run = () => runProgram(process.execPath, tuneRun(program, bitext, work));
    // Not even a lock can be written.
    const filler = path.join(disk, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(2 ** 15))).toThrow("ENOSPC");
    expectFull(await run());
    rmSync(filler);
    const stages = await runInRooms(work, (room) => {
      mount(`remount,size=${room}k`);
      return run();
    });
    expect(stages).toEqual(new Set(["prepare", "generate", "export"]));
  },
  600_000,
);

test.skipIf(process.platform === "win32")(
  "a file that may not grow is a disk that is full",
  async () => {
    const work = path.join(folder, "limited");
    const stages = await runInRooms(work, (room) => {
      const argv = ["-c", `ulimit -f ${2 * room} && exec "$@"`, "sh", process.execPath];
      return runProgram("sh", [...argv, ...tuneRun(program, bitext, work)]);
    });
    expect(stages).toEqual(new Set(["prepare", "generate"]));
  },
  600_000,
);
