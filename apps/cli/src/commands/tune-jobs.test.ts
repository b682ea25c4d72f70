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
}, 120_000);

function run(work: string, jobs: number, killAfter?: number): Promise<Ending> {
  // Options that are not the default have to reach the parts, too.
  const options = ["--jobs", String(jobs), "--translations", "0.5"];
  return runProgram(process.execPath, [...tuneRun(program, bitext, work), ...options], killAfter);
}

test("several processes make what one makes, also after they were killed", async () => {
  const [alone, together] = [path.join(folder, "alone"), path.join(folder, "together")];
  expect(await run(alone, 1)).toMatchObject({ ended: true });
  const began = performance.now();
  const { ended, stderr } = await run(together, 3);
  const takes = performance.now() - began;
  expect(ended).toBe(true);
  expect(stderr).toMatch(/dialogues of 40 pairs/);
  const made = (work: string) => [hashFiles(path.join(work, "export")), hashFiles(path.join(work, "card"))];
  expect(made(together)).toEqual(made(alone));
  rmSync(together, { recursive: true });
  await run(together, 3, takes * 0.6);
  // The parts end when they notice; until then they keep others out.
  for (let tries = 0; tries < 20 && !(await run(together, 3)).ended; tries++);
  expect(made(together)).toEqual(made(alone));
}, 300_000);

test("a part that cannot go on ends the others, and says why", async () => {
  const work = path.join(folder, "twice");
  expect(await run(work, 2)).toMatchObject({ ended: true });
  const argv = [program, "tune", "generate", "--work", work, "--jobs", "2", "--per-direction", "1"];
  const { ended, stderr } = await runProgram(process.execPath, argv);
  expect(ended).toBe(false);
  expect(stderr).toMatch(/^error: .*part \d\/2 has stopped: .*\[work-incomplete\]$/m);
  expect(stderr).toContain("[work-changed]");
}, 120_000);
