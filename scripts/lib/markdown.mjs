import fs from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";
import { listWorkspaces } from "./workspaces.mjs";

/**
 * @typedef {object} Snippet
 * @property {string} file Relative to the root, with slashes.
 * @property {number} line Of the first line of code, from 1.
 * @property {string} language The first word after the fence, e.g. `ts`.
 * @property {string} information What follows it.
 * @property {string} code
 */

/**
 * The fenced code blocks of a Markdown text.
 * @param {string} text
 * @param {string} file For the snippets' `file`.
 * @returns {Snippet[]}
 */
export function findSnippets(text, file) {
  const snippets = [];
  let open;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const fence = line.match(/^ {0,3}(`{3,}|~{3,})\s*(\S*)\s*(.*)$/);
    if (!open && fence) {
      const [, marks, language, information] = fence;
      open = { marks, snippet: { file, line: index + 2, language, information: information.trim(), code: "" } };
    } else if (open && fence?.[1].startsWith(open.marks) && fence[2] === "") {
      snippets.push(open.snippet);
      open = undefined;
    } else if (open) open.snippet.code += `${line}\n`;
  }
  if (open) throw new Error(`${file}:${open.snippet.line - 1}: the code block has no end`);
  return snippets;
}

/** @param {string} file Relative to the root. */
export function readSnippets(file) {
  return findSnippets(fs.readFileSync(path.join(root, file), "utf8"), file);
}

/** The documents whose code must work: the root's README, docs/, and the README of every workspace. */
export function listDocuments() {
  const docs = fs.existsSync(path.join(root, "docs")) ? fs.readdirSync(path.join(root, "docs")).toSorted() : [];
  return [
    "README.md",
    ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
    ...listWorkspaces().map((workspace) => `${workspace.folder}/README.md`),
  ].filter((file) => fs.existsSync(path.join(root, file)));
}
