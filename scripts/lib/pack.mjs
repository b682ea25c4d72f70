import fs from "node:fs";
import path from "node:path";
import { captureNpm } from "./run.mjs";
import { listPublished } from "./workspaces.mjs";

/**
 * Packs every package that is published, as `npm publish` would.
 * @param {string} folder Where the tarballs go; emptied first.
 * @returns {{ workspace: import("./workspaces.mjs").Workspace, tarball: string, files: string[] }[]} `files`: what is
 *   in it, relative to the package.
 */
export function packPublished(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return listPublished().map((workspace) => {
    const { code, stdout, output } = captureNpm(["pack", "--json", "--pack-destination", folder], {
      cwd: workspace.path,
    });
    if (code !== 0) throw new Error(`npm pack failed in ${workspace.folder}:\n${output}`);
    // npm up to 11 prints a list, later ones an object with the packages by name.
    const [result] = Object.values(JSON.parse(stdout));
    return { workspace, tarball: path.join(folder, result.filename), files: result.files.map((file) => file.path) };
  });
}
