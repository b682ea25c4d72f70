import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const runs = fileURLToPath(new URL("./runs/", import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: string[];
    }[];
  }[];
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bayling-suite-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs vitest on one file of `runs/` in a process of its own. */
async function run(file: string, environment: Record<string, string>, more: readonly string[] = []) {
  const report = join(folder, `${file}.json`);
  const { BAYLING_REQUIRE_HARDWARE: _, BAYLING_SUPPORT_TABLE: __, ...inherited } = process.env;
  const output = await new Promise<string>((resolve) => {
    const arguments_ = [vitest, "run", file, "--config", join(runs, "vitest.config.mjs")];
    execFile(
      process.execPath,
      [...arguments_, ...more, "--reporter=json", "--reporter=default", `--outputFile.json=${report}`],
      { cwd: runs, env: { ...inherited, ...environment } },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
  const results = JSON.parse(await readFile(report, "utf8")) as Report;
  const failed = results.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "failed");
  return { output, failed, passed: results.numPassedTests, skipped: results.numPendingTests };
}

describe("describeBackend", () => {
  it("skips everything and says why when the hardware is missing", async () => {
    const { output, failed, passed, skipped } = await run("unavailable.run.ts", {});
    expect(failed).toEqual([]);
    expect(passed).toBe(1); // that `skip` names what exists
    expect(skipped).toBeGreaterThan(100);
    expect(output.match(/skipped \d+: .*/g)).toEqual([`skipped ${skipped - 1}: there is no warp drive here`]);
    expect(output).not.toContain("| what |");
  });

  it("turns missing hardware into one failure when it is required", async () => {
    const { failed } = await run("unavailable.run.ts", { BAYLING_REQUIRE_HARDWARE: "cuda, warp-drive" });
    expect(failed.map(({ title }) => title)).toEqual(["is available, or says why not"]);
    expect(failed[0]!.failureMessages.join()).toContain("there is no warp drive here");
  });

  it("fails once when probe throws", async () => {
    const { failed, passed, skipped } = await run("throwing-probe.run.ts", {});
    expect(failed.map(({ title }) => title)).toEqual(["is available, or says why not"]);
    expect(failed[0]!.failureMessages.join()).toContain("probe threw: no driver; probe() must never throw");
    expect(passed).toBe(1); // that `skip` names what exists
    expect(skipped).toBeGreaterThan(100);
  });

  it("fails once when probe throws and only some cases are asked for", async () => {
    const { failed } = await run("throwing-probe.run.ts", {}, ["-t", "fork/"]);
    expect(failed).toHaveLength(1);
    expect(failed[0]!.failureMessages.join()).toContain("probe threw: no driver");
  });

  it("fails for mistakes and unknown skips, prints reasons, and merges the support table", async () => {
    const table = join(folder, "support.md");
    const { output, failed } = await run("faulty.run.ts", { BAYLING_SUPPORT_TABLE: table });
    const titles = failed.map(({ title }) => title);
    expect(titles).toContain("skips only what exists");
    expect(titles).toContain("masks/every third token");
    expect(titles).not.toContain("want/top 5");
    expect(titles.every((title) => /^(masks|skips)/.test(title))).toBe(true);
    expect(output.match(/skipped \d+: not what this run is about/g)).toHaveLength(1);
    expect(output).toContain("backend faulty: skipped 1: neither\n");
    await run("unavailable.run.ts", { BAYLING_SUPPORT_TABLE: table });
    const written = await readFile(table, "utf8");
    expect(written).toMatch(/^\| what \| faulty \| unavailable \|\n/);
    expect(written).toMatch(/\n\| masks \| ❌.* \| – \|\n/);
    expect(written).toMatch(/\n\| weight types · Q8_0 \| ✅ \de-\d+ \| – \|\n/);
    expect(written).toMatch(/\n\| weight types · Q4_K \| – \| – \|\n/);
  });

  it("prints the support table when asked for -", async () => {
    const { output } = await run("unavailable.run.ts", { BAYLING_SUPPORT_TABLE: "-" });
    expect(output).toContain("| what | unavailable |\n| --- | --- |\n| probe | – |\n");
  });
});
