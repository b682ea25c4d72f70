import { readFileSync } from "node:fs";
import path from "node:path";
import { BayLingError } from "@bayling/core";
import { writeDurably } from "./durable-file.ts";

/** Stages in the order in which they go on from each other, each with a folder of its name. */
export const stageNames = ["prepare", "generate", "teach", "export", "card"] as const;
export type StageName = (typeof stageNames)[number];

/** All that the outcome of a stage depends on: options, seed, versions, hashes of what it reads. Plain data. */
export type StageSettings = Readonly<Record<string, unknown>>;

export function stageFolder(workFolder: string, stage: StageName): string {
  return path.join(workFolder, stage);
}

function manifestFile(workFolder: string, stage: StageName): string {
  return path.join(stageFolder(workFolder, stage), "manifest.json");
}

/** What a stage was begun with; undefined where it was not. @throws BayLingError `work-damaged` */
export function readStageSettings(workFolder: string, stage: StageName): StageSettings | undefined {
  const file = manifestFile(workFolder, stage);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw damaged(file, error);
  }
  try {
    return JSON.parse(text) as StageSettings;
  } catch (error) {
    throw damaged(file, error);
  }
}

/**
 * Begins a stage, or goes on with one: rows that were made with different options must not be mixed.
 * @throws BayLingError `work-changed` that names every option that differs, `sink-unwritable`
 */
export function claimStage(workFolder: string, stage: StageName, settings: StageSettings): void {
  // What JSON leaves out, such as fields that are undefined, is no difference.
  const wanted = JSON.parse(JSON.stringify(settings)) as StageSettings;
  const found = readStageSettings(workFolder, stage);
  if (found === undefined) {
    writeDurably(manifestFile(workFolder, stage), `${JSON.stringify(wanted, null, 2)}\n`);
    return;
  }
  const changes = differences(found, wanted);
  if (changes.length === 0) return;
  throw new BayLingError("work-changed", {
    source: stageFolder(workFolder, stage),
    problem: `the stage "${stage}" was begun with other settings`,
    expected: changes.map(({ place, before }) => `${place} ${before}`).join(", "),
    received: changes.map(({ place, after }) => `${place} ${after}`).join(", "),
    remedy: "Give the settings of before, choose another work folder, or begin the stage anew with overwrite",
  });
}

interface Difference {
  readonly place: string;
  readonly before: string;
  readonly after: string;
}

function differences(before: unknown, after: unknown, place = ""): Difference[] {
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) =>
      differences(before[name], after[name], place === "" ? name : `${place}.${name}`),
    );
  }
  const [was, is] = [JSON.stringify(before) ?? "nothing", JSON.stringify(after) ?? "nothing"];
  return was === is ? [] : [{ place, before: was, after: is }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(file: string, cause: unknown): BayLingError {
  return new BayLingError("work-damaged", {
    source: file,
    problem: "the manifest cannot be read",
    remedy: "Begin the stage anew with overwrite",
    cause,
  });
}
