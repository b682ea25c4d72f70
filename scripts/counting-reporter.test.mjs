import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cache, root } from "./lib/paths.mjs";
import { capture } from "./lib/run.mjs";

const folder = path.join(cache, `counting-${process.pid}`);
beforeAll(() => fs.mkdirSync(folder, { recursive: true }));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Runs vitest on one test file with the reporter. */
function count(name, body) {
  const project = path.join(folder, name);
  const countsFile = path.join(project, "counts.json");
  fs.mkdirSync(project);
  fs.writeFileSync(path.join(project, "vitest.config.mjs"), "export default { test: { include: ['*.test.mjs'] } };\n");
  fs.writeFileSync(
    path.join(project, "a.test.mjs"),
    `import { beforeAll, describe, expect, test } from "vitest";\n${body}\n`,
  );
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  const reporter = path.join(root, "scripts/counting-reporter.mjs");
  const { code } = capture(process.execPath, [vitest, "run", `--reporter=${reporter}`], {
    cwd: project,
    env: { BAYLING_TEST_COUNTS: countsFile },
  });
  return { code, ...JSON.parse(fs.readFileSync(countsFile, "utf8")) };
}

test("counts tests by how they ended", () => {
  const body = 'test("a", () => {}); describe("b", () => { test("c", () => expect(1).toBe(2)); test.skip("d"); });';
  expect(count("ended", body)).toEqual({ code: 1, passed: 1, failed: 1, skipped: 1 });
});

test("a hook that throws is a failure", () => {
  const body =
    'test("a", () => {}); describe("b", () => { beforeAll(() => { throw new Error(); }); test("c", () => {}); });';
  expect(count("hook", body)).toEqual({ code: 1, passed: 1, failed: 1, skipped: 1 });
});

test("a file that cannot be loaded is a failure", () => {
  expect(count("load", 'throw new Error("no");')).toMatchObject({ code: 1, passed: 0, failed: 1 });
});

test("an error that nobody catches is a failure", () => {
  const body = 'test("a", async () => { void Promise.reject(new Error("lost")); await new Promise(setImmediate); });';
  expect(count("lost", body)).toEqual({ code: 1, passed: 1, failed: 1, skipped: 0 });
});
