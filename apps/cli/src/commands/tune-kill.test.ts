import { rmSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildProgram, type Ending, hashFiles, runProgram, tuneRun } from "../testing/built-program.ts";
import { writeSmallBitext } from "../testing/small-bitext.ts";
import { temporaryFolder } from "../testing/tiny-file.ts";

const folder = temporaryFolder();
const bitext = writeSmallBitext(folder, "small.tsv", 40);
let program: string;

beforeAll(async () => {
  program = await buildProgram(folder);
});

function run(work: string, killAfter?: number): Promise<Ending> {
  return runProgram(process.execPath, tuneRun(program, bitext, work), killAfter);
}

test("killed fifty times, at any moment, it writes what an undisturbed run writes", async () => {
  const whole = path.join(folder, "whole");
  const began = performance.now();
  expect(await run(whole)).toMatchObject({ ended: true });
  const takes = performance.now() - began;
  const expected = hashFiles(whole);
  expect(Object.keys(expected)).toContain(path.join("export", "sharegpt.train.parquet"));

  // Low-discrepancy moments: every part of the run is hit, the same in every run but for the speed of the machine.
  let [kills, round] = [0, 0];
  let work = path.join(folder, `killed-${round}`);
  for (let attempt = 1; kills < 50; attempt++) {
    // Runs that go on are shorter than whole ones; most shall be killed.
    const moment = 0.8 * ((attempt * 0.6180339887498949) % 1);
    const { ended, stderr } = await run(work, takes * moment);
    if (ended) {
      expect(hashFiles(work)).toEqual(expected);
      rmSync(work, { recursive: true });
      work = path.join(folder, `killed-${++round}`);
      continue;
    }
    // It was killed; it never stops by itself.
    expect(stderr).not.toContain("error:");
    kills++;
  }
  expect(await run(work)).toMatchObject({ ended: true });
  expect(hashFiles(work)).toEqual(expected);
}, 900_000);
