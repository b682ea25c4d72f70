/**
 * The lock file names every package of every platform. npm leaves an optional package out without a word when the
 * registry does not have it (yet), and `npm ci` then refuses the lock file, on every machine. The remedy is to take the
 * version before, of which all platforms are there.
 */
import path from "node:path";
import { root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { readJson } from "./lib/workspaces.mjs";

const { packages } = readJson(path.join(root, "package-lock.json"));

/** Whether Node, standing in folder `from`, would find `name`. */
function isResolved(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    if (packages[folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`]) return true;
    if (folder === "") return false;
  }
}

const problems = [];
for (const [folder, entry] of Object.entries(packages)) {
  for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
    if (!isResolved(folder, name))
      problems.push(`package-lock.json: ${folder || "the root"} needs ${name}, which is not in it`);
  }
  if (/^https?:/.test(entry.resolved ?? ""))
    problems.push(`package-lock.json: ${folder} names a registry: ${entry.resolved}`);
}
report(problems, `package-lock.json: ${Object.keys(packages).length} packages, complete`);
