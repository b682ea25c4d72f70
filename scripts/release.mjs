/**
 * Publishes what is new (run by .github/workflows/release.yml). npm's provenance demands that a package names the
 * repository it was built in, so that is filled in from where this runs: a fork that publishes says so truthfully.
 */
import fs from "node:fs";
import path from "node:path";
import { runTool } from "./lib/run.mjs";
import { listPublished } from "./lib/workspaces.mjs";
import { setUp } from "./setup.mjs";

const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
if (!server || !repository) {
  console.error("Releases are made by the release workflow: GITHUB_SERVER_URL and GITHUB_REPOSITORY are not set.");
  process.exit(1);
}

await setUp();
for (const { path: packageFolder, folder, manifest } of listPublished()) {
  const url = `git+${server}/${repository}.git`;
  const full = { ...manifest, repository: { type: "git", url, directory: folder } };
  fs.writeFileSync(path.join(packageFolder, "package.json"), `${JSON.stringify(full, undefined, 2)}\n`);
}
process.exitCode = await runTool("@changesets/cli/bin.js", ["publish"]);
