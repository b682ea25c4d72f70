import fs from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

/**
 * @typedef {object} Workspace
 * @property {string} name The name of the package.
 * @property {string} folder Relative to the root, with slashes.
 * @property {string} path Absolute.
 * @property {any} manifest Its package.json.
 * @property {boolean} published Whether it goes to npm.
 */

/** @param {string} file */
export function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

/**
 * Every workspace of the repository, in the order of the root's `workspaces`, then by name.
 * @returns {Workspace[]}
 */
export function listWorkspaces() {
  const folders = readJson(path.join(root, "package.json")).workspaces.flatMap((pattern) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    if (!fs.existsSync(path.join(root, parent))) return [];
    return fs
      .readdirSync(path.join(root, parent))
      .toSorted()
      .map((name) => `${parent}/${name}`);
  });
  return folders
    .filter((folder) => fs.existsSync(path.join(root, folder, "package.json")))
    .map((folder) => {
      const manifest = readJson(path.join(root, folder, "package.json"));
      return { name: manifest.name, folder, path: path.join(root, folder), manifest, published: !manifest.private };
    });
}

/** @returns {Workspace[]} */
export function listPublished() {
  return listWorkspaces().filter((workspace) => workspace.published);
}

/** Packages over libraries of the machine, which no browser has. */
const forNodeOnly = new Set(["@bayling/backend-cuda", "@bayling/server", "@bayling/tuning"]);

/** @param {Workspace} workspace */
export function isForNodeOnly({ name }) {
  return forNodeOnly.has(name);
}

/**
 * What can be imported from a package, as import specifiers: `@bayling/core`, `@bayling/core/cpu` …
 * @param {Workspace} workspace
 * @returns {string[]}
 */
export function listEntries({ name, manifest }) {
  return Object.keys(manifest.exports ?? {})
    .filter((entry) => entry !== "./package.json")
    .map((entry) => (entry === "." ? name : `${name}/${entry.slice(2)}`));
}
