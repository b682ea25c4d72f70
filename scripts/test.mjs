/**
 * `npm test`: sets up, Chromium and its software GPU included, then runs every test. Arguments go to vitest
 * (`npm test -- packages/core`). The last line counts: `N passed, N failed`.
 */
import "./lib/node-version.mjs";
import fs from "node:fs";
import path from "node:path";
import { cache, root } from "./lib/paths.mjs";
import { runTool } from "./lib/run.mjs";
import { setUp } from "./setup.mjs";

await setUp();

// After the set-up, which installs what this needs.
const { chromiumMissing, provideChromium } = await import("./lib/chromium.mjs");
if (provideChromium() === undefined) console.error(`${chromiumMissing} Tests that need a browser will fail.`);

const countsFile = path.join(cache, `test-counts-${process.pid}.json`);
fs.mkdirSync(cache, { recursive: true });
const code = await runTool(
  "vitest/vitest.mjs",
  [
    "run",
    "--reporter=default",
    `--reporter=${path.join(root, "scripts/counting-reporter.mjs")}`,
    ...process.argv.slice(2),
  ],
  { env: { BAYLING_TEST_COUNTS: countsFile } },
);

// Without the file vitest did not get to its end, which is a failure however many tests had passed.
let counts = { passed: 0, failed: 1, skipped: 0 };
if (fs.existsSync(countsFile)) {
  counts = JSON.parse(fs.readFileSync(countsFile, "utf8"));
  fs.rmSync(countsFile);
}
if (code !== 0 && counts.failed === 0) counts.failed = 1;

const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = code === 0 && counts.failed > 0 ? 1 : code;
