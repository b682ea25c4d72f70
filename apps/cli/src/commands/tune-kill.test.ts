import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { writeSmallBitext } from "../testing/small-bitext.ts";
import { temporaryFolder } from "../testing/tiny-file.ts";

// The program as a process of its own, built from the sources of the moment.
const folder = temporaryFolder();
const program = path.join(folder, "dist/bayling.js");
const bitext = writeSmallBitext(folder, "small.tsv", 40);

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("../bayling.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    ...{ format: "esm", platform: "node", target: "node20" },
    conditions: ["@bayling/source"],
    external: ["koffi", "node-llama-cpp", "webgpu", "eld", "opencc-js"],
    banner: {
      js: 'import { createRequire as forCommonJs } from "node:module"; const require = forCommonJs(import.meta.url);',
    },
  });
  symlinkSync(
    fileURLToPath(new URL("../../../../node_modules", import.meta.url)),
    path.join(folder, "node_modules"),
    "junction",
  );
  copyFileSync(new URL("../../package.json", import.meta.url), path.join(folder, "package.json"));
});

/** Runs all stages. @param killAfter milliseconds until SIGKILL @returns whether it came to its end */
function run(work: string, killAfter?: number): Promise<{ readonly ended: boolean; readonly stderr: string }> {
  const options = ["--from", "en", "--to", "de", "--without", "near-duplicates", "--without", "language"];
  const outputs = ["--formats", "dialogues,sharegpt", "--files", "jsonl,parquet"];
  const argv = [program, "tune", "run", bitext, ...options, "--per-direction", "4", ...outputs];
  const child = spawn(process.execPath, [...argv, "--name", "same", "--work", work]);
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ended: code === 0, stderr });
    });
  });
}

/** A hash of every file of a work folder. */
function hashes(work: string): Record<string, string> {
  const names = readdirSync(work, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(path.join(work, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(path.join(work, name)))
        .digest("hex"),
    ]),
  );
}

test("killed fifty times, at any moment, it writes what an undisturbed run writes", async () => {
  const whole = path.join(folder, "whole");
  const began = performance.now();
  expect(await run(whole)).toMatchObject({ ended: true });
  const takes = performance.now() - began;
  const expected = hashes(whole);
  expect(Object.keys(expected)).toContain(path.join("export", "sharegpt.train.parquet"));

  // Low-discrepancy moments: every part of the run is hit, the same in every run but for the speed of the machine.
  let [kills, round] = [0, 0];
  let work = path.join(folder, `killed-${round}`);
  for (let attempt = 1; kills < 50; attempt++) {
    // Runs that go on are shorter than whole ones; most shall be killed.
    const moment = 0.8 * ((attempt * 0.6180339887498949) % 1);
    const { ended, stderr } = await run(work, takes * moment);
    if (ended) {
      expect(hashes(work)).toEqual(expected);
      rmSync(work, { recursive: true });
      work = path.join(folder, `killed-${++round}`);
      continue;
    }
    // It was killed; it never stops by itself.
    expect(stderr).not.toContain("error:");
    kills++;
  }
  expect(await run(work)).toMatchObject({ ended: true });
  expect(hashes(work)).toEqual(expected);
}, 900_000);
