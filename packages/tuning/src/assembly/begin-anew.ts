import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { type StageName, stageFolder, stageNames } from "./stage-manifest.ts";

/** Where the stage "teach" keeps what a teacher said. */
export const repliesFolder = "replies";

/**
 * Takes a stage away, and those that go on from it, so that they can be made anew with other options. The replies of a
 * teacher stay: they were paid for.
 */
export function beginAnew(workFolder: string, stage: StageName): void {
  const after =
    stage === "prepare"
      ? stageNames
      : stage === "export" || stage === "card"
        ? [stage]
        : ([stage, "export", "card"] as const);
  for (const name of after) {
    const folder = stageFolder(workFolder, name);
    for (const entry of existsSync(folder) ? readdirSync(folder) : []) {
      if (entry !== repliesFolder) rmSync(path.join(folder, entry), { recursive: true });
    }
  }
}
