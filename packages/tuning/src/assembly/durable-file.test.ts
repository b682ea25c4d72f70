import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolder } from "./durable-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "bayling-durable-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("folders are made with those above them, and may be there already", () => {
  const deep = path.join(folder, "a/b/c");
  makeFolder(deep);
  makeFolder(deep);
  expect(statSync(deep).isDirectory()).toBe(true);
});

test("a file in the way is an error", () => {
  writeFileSync(path.join(folder, "file"), "");
  for (const taken of ["file", "file/within"]) {
    expect(() => makeFolder(path.join(folder, taken))).toThrow(expect.objectContaining({ code: "sink-unwritable" }));
  }
});

test.skipIf(!existsSync("/proc/version"))("a place that takes no folders is an error, and no loop", () => {
  expect(() => makeFolder("/proc/bayling/work")).toThrow(expect.objectContaining({ code: "sink-unwritable" }));
});
