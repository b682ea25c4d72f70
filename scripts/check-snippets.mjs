/**
 * Every TypeScript and JavaScript block of the documents compiles against the built packages, as a user's would. A
 * block stands for itself; `ts continues` goes on from the block before it. After `ts from=PATH` stands an excerpt of
 * that file, word for word, whose code its own workspace compiles. Links between documents lead somewhere.
 */
import fs from "node:fs";
import path from "node:path";
import { listDocuments, readSnippets } from "./lib/markdown.mjs";
import { cache, root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { capture } from "./lib/run.mjs";

const folder = path.join(cache, "snippets");
fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });

const problems = [];
const compilerOptions = {
  target: "ES2023",
  lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
  module: "NodeNext",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  noEmit: true,
  skipLibCheck: true,
  allowJs: true,
  types: ["node"],
  typeRoots: [path.join(root, "node_modules/@types")],
};

/** Code as lines without what an excerpt may change: the indentation of the whole and blank lines. */
function essence(code) {
  return code
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** Where the lines of a file that is checked come from: `origins[i]` is the document's line of the file's line i. */
const files = new Map();
let counted = 0;

for (const document of listDocuments()) {
  let last;
  for (const snippet of readSnippets(document)) {
    const language = { ts: "ts", typescript: "ts", js: "js", javascript: "js" }[snippet.language];
    if (language === undefined) continue;
    counted++;
    const where = `${document}:${snippet.line}`;
    const from = snippet.information.match(/^from=(\S+)$/)?.[1];
    if (from !== undefined) {
      const file = path.join(root, from);
      if (!fs.existsSync(file)) problems.push(`${where}: there is no ${from}`);
      else if (!essence(fs.readFileSync(file, "utf8")).includes(essence(snippet.code))) {
        problems.push(`${where}: the block differs from ${from}; copy it anew`);
      }
    } else if (snippet.information === "" || snippet.information === "continues") {
      if (snippet.information === "" || last?.language !== language) {
        if (snippet.information !== "") problems.push(`${where}: there is no ${language} block to continue`);
        const name = `${document.replace(/\.md$/, "").replaceAll("/", "__")}__${snippet.line}.${language === "ts" ? "ts" : "mjs"}`;
        last = { name, language, lines: [], origins: [] };
        files.set(name, last);
      }
      for (const [index, line] of snippet.code.trimEnd().split("\n").entries()) {
        last.lines.push(line);
        last.origins.push(`${document}:${snippet.line + index}`);
      }
    } else {
      problems.push(`${where}: "${snippet.information}" is no kind of block; there are "continues" and "from=PATH"`);
    }
  }
}

for (const { name, language, lines } of files.values()) {
  // A module even when it imports nothing. One more line at the end moves no other.
  const head = language === "js" ? "// @ts-check\n" : "\n";
  fs.writeFileSync(path.join(folder, name), `${head}${lines.join("\n")}\nexport {};\n`);
}
fs.writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
fs.writeFileSync(
  path.join(folder, "tsconfig.json"),
  JSON.stringify({ compilerOptions, files: [...files.keys()] }, undefined, 2),
);

/** The document's place of line `line` (from 1) of a file that was made here, whose first line is the head. */
function originOf(name, line) {
  const { origins } = files.get(name);
  return origins[Math.min(Math.max(line - 2, 0), origins.length - 1)];
}

if (files.size > 0) {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const { code, output } = capture(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder });
  for (const line of output.split("\n").filter((text) => text.trim() !== "")) {
    const [, name, row, message] = line.match(/^(?:.*[\\/])?([^\\/(]+)\((\d+),\d+\): (.*)$/) ?? [];
    problems.push(name !== undefined && files.has(name) ? `${originOf(name, Number(row))}: ${message}` : line);
  }
  if (code !== 0 && output.trim() === "") problems.push(`tsc ended with ${code}`);
}

// TypeScript takes JavaScript that Node 20 does not (`using`), so Node reads it too.
for (const { name, origins } of [...files.values()].filter(({ language }) => language === "js")) {
  const { code, output } = capture(process.execPath, ["--check", path.join(folder, name)]);
  if (code !== 0) problems.push(`${origins[0]}: ${output.match(/SyntaxError: .*/)?.[0] ?? output}`);
}

// Links to files of this repository. The checks of a web site are not ours to run.
const prose = ["ARCHITECTURE.md", "CONTRIBUTING.md", ...listDocuments()].filter((file) =>
  fs.existsSync(path.join(root, file)),
);
for (const document of prose) {
  const text = fs.readFileSync(path.join(root, document), "utf8");
  for (const [, target] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    if (!fs.existsSync(path.join(root, path.dirname(document), target)))
      problems.push(`${document}: links to ${target}, which is not there`);
  }
}

report(problems, `${counted} code blocks of the documents compile.`);
