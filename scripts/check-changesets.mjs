/**
 * Every change that reaches users says so in .changeset/. On a branch: each package that changed since origin/main has
 * a changeset. Everywhere: all changesets parse, and name packages that exist.
 */
import getReleasePlan from "@changesets/get-release-plan";
import { root } from "./lib/paths.mjs";
import { capture, runTool } from "./lib/run.mjs";

const commitOf = (name) => {
  const { code, stdout } = capture("git", ["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
  return code === 0 ? stdout.trim() : undefined;
};

const { changesets, releases } = await (getReleasePlan.default ?? getReleasePlan)(root);
for (const { name, type, oldVersion, newVersion } of releases) {
  if (type !== "none") console.log(`${name}: ${oldVersion} → ${newVersion}`);
}
console.log(`Changesets: ${changesets.length}, all in order.`);

const base = commitOf("origin/main");
// The pull request that publishes uses the changesets up, so it has none left.
if (process.env.GITHUB_HEAD_REF?.startsWith("changeset-release/")) console.log("This is a release.");
else if (base === undefined)
  console.log("There is no origin/main to compare with; whether a changeset is missing was not checked.");
else if (base !== commitOf("HEAD"))
  process.exitCode = await runTool("@changesets/cli/bin.js", ["status", "--since=origin/main"]);
