import { readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { WorkLock } from "./work-lock.ts";

const folder = temporaryFolder();
const other = (name: string, content: object) => writeFileSync(path.join(folder, name), JSON.stringify(content));

test("one run holds it, another one is told, and it is free afterwards", () => {
  const lock = new WorkLock(folder, "a");
  expect(() => new WorkLock(folder, "a")).toThrow(expect.objectContaining({ code: "work-busy" }));
  new WorkLock(folder, "b").release();
  lock.release();
  new WorkLock(folder, "a").release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a run that is gone holds nothing, one on another machine does until it has long been silent", () => {
  other("c.lock.here.1", { host: os.hostname(), process: 2 ** 22 + 1, began: "1" });
  // A number that was given again: the process is another one.
  other("c.lock.here.2", { host: os.hostname(), process: process.ppid, began: "long ago" });
  new WorkLock(folder, "c").release();
  other("d.lock.there.1", { host: "another-machine", process: 1, began: "1" });
  expect(() => new WorkLock(folder, "d")).toThrow(expect.objectContaining({ code: "work-busy" }));
  expect(readdirSync(folder)).toEqual(["d.lock.there.1"]);
});
