/**
 * How much a browser downloads for each public entry: bundled, minified and compressed with gzip, compared with the
 * budget in size-budget.json (kB of 1000 bytes). What is only loaded when needed is shown apart and not counted.
 * The README states the budget of the smallest useful import, and this holds it to that.
 */
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { cache, root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { isForNodeOnly, listEntries, listPublished, readJson } from "./lib/workspaces.mjs";

const minimal = "loadModel and cpu";
const budgetFile = "scripts/size-budget.json";
const budgets = readJson(path.join(root, budgetFile));

/** What each row imports; a peer is in the user's program anyway, and not counted. */
const imports = new Map([
  [
    minimal,
    { contents: 'export { loadModel } from "@bayling/core";\nexport { cpu } from "@bayling/core/cpu";\n', peers: [] },
  ],
]);
for (const workspace of listPublished().filter((each) => !isForNodeOnly(each))) {
  const peers = Object.keys(workspace.manifest.peerDependencies ?? {});
  for (const entry of listEntries(workspace)) imports.set(entry, { contents: `export * from "${entry}";\n`, peers });
}

/** Compressed bytes of an import: at once, and of all that can be loaded later. */
async function measure({ contents, peers }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: "entry.js" },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: path.join(cache, "size"),
    write: false,
    metafile: true,
    external: peers,
    logLevel: "silent",
  });
  const bytes = new Map(
    outputFiles.map((file) => [
      path.relative(root, file.path).replaceAll("\\", "/"),
      gzipSync(file.contents, { level: 9 }).length,
    ]),
  );
  const atOnce = new Set();
  const follow = (file) => {
    if (atOnce.has(file)) return;
    atOnce.add(file);
    for (const { path: target, kind, external: outside } of metafile.outputs[file].imports) {
      if (kind === "import-statement" && !outside) follow(target);
    }
  };
  // What is loaded later has entry points too, and may come first.
  follow(Object.keys(metafile.outputs).find((file) => metafile.outputs[file].entryPoint === "entry.js"));
  const sum = (files) => files.reduce((total, file) => total + bytes.get(file), 0);
  return { now: sum([...atOnce]), later: sum([...bytes.keys()].filter((file) => !atOnce.has(file))) };
}

const problems = [];
const rows = [];
for (const [name, row] of imports) {
  const budget = budgets[name];
  if (budget === undefined) problems.push(`${budgetFile}: no budget for "${name}"`);
  try {
    const { now, later } = await measure(row);
    rows.push({
      import: name,
      "kB gzip": (now / 1000).toFixed(1),
      "kB budget": budget,
      "kB later": (later / 1000).toFixed(1),
    });
    if (now > budget * 1000) {
      problems.push(
        `${name}: ${(now / 1000).toFixed(1)} kB is over the budget of ${budget} kB; make it smaller, or raise ${budgetFile}`,
      );
    }
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
}
console.table(rows);

for (const name of Object.keys(budgets)) {
  if (!imports.has(name)) problems.push(`${budgetFile}: there is no import "${name}"`);
}
for (const file of ["README.md", "packages/core/README.md"]) {
  const stated = fs.readFileSync(path.join(root, file), "utf8").match(/(\d+) kB gzip/)?.[1];
  if (stated !== String(budgets[minimal])) {
    problems.push(`${file}: says ${stated ?? "no"} kB gzip, the budget of "${minimal}" is ${budgets[minimal]} kB`);
  }
}
report(problems, "Every import is within its budget.");
