import { readFileSync } from "node:fs";
import path from "node:path";
import { BayLingError } from "@bayling/core";
import { z } from "zod";
import type { SplitShares } from "./splitter.ts";

/** Where a work folder has its interactive benchmark. */
export function benchmarkFolder(workFolder: string): string {
  return path.join(workFolder, "benchmark");
}

const manifestSchema = z.object({ shares: z.object({ validation: z.number(), test: z.number() }) });

/**
 * Stops what would train on the benchmark of the folder: its sources are those of a larger test split than is asked for.
 * @throws BayLingError `argument-invalid`, `work-damaged`
 */
export function requireHeldOut(workFolder: string, { test }: SplitShares): void {
  const file = path.join(benchmarkFolder(workFolder), "manifest.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw damaged(file, error);
  }
  const heldOut = parseShare(file, text);
  if (test >= heldOut) return;
  throw new BayLingError("argument-invalid", {
    field: "shares.test",
    problem: "training would see sources of the benchmark that was made in this folder",
    expected: `${heldOut} or more`,
    received: String(test),
    remedy: `Hold out as much, or take ${benchmarkFolder(workFolder)} away and make the benchmark again`,
  });
}

function parseShare(file: string, text: string): number {
  try {
    return manifestSchema.parse(JSON.parse(text)).shares.test;
  } catch (error) {
    throw damaged(file, error);
  }
}

function damaged(file: string, cause: unknown): BayLingError {
  return new BayLingError("work-damaged", {
    source: file,
    problem: "the manifest of the benchmark cannot be read",
    remedy: "Make the benchmark again",
    cause,
  });
}
