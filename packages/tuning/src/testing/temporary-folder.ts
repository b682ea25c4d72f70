import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

/** A folder that is there until the tests of the file have run. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "bayling-tuning-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
