/**
 * The arrows between packages, and between the folders of core, point one way. See ARCHITECTURE.md.
 */
import fs from "node:fs";
import path from "node:path";
import { findImports } from "./lib/imports.mjs";
import { root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { listWorkspaces } from "./lib/workspaces.mjs";

/** Which of our packages a workspace may import. The first pattern that fits its folder counts. */
const arrows = [
  [/^packages\/(core|model-nano)$/, () => false],
  [/^packages\//, (name) => name === "@bayling/core"],
  // A backend proves itself with the suite; the suite itself is no part of what an example teaches to ship.
  [/^examples\//, (name) => name === "@bayling/core" || name === "@bayling/backend-conformance"],
  [/^(apps\/|benchmarks$|recipes\/)/, () => true],
];

/** What is made for browsers too reaches Node's modules through process.getBuiltinModule, where there is one. */
const runsInBrowsers = /^packages\/(core|backend-webgpu)$/;

/** Packages that tests may use on top of that. */
const testArrows = new Set(["@bayling/backend-conformance"]);

/** The folders of core from the ground up. Each imports from those before it only; those on one row not each other. */
const floors = [
  ["errors.ts"],
  ["check-argument.ts"],
  ["sources"],
  ["formats"],
  ["tokenizer", "graph", "sampling"],
  ["backend"],
  ["cpu", "loading"],
  ["generation", "convert"],
  ["prompt"],
  ["interaction"],
];

/** Folders that, as files beside `index.ts`, put the rest together, each in the shape of another API. */
const onTop = ["ai-sdk", "translator"];

const core = path.join(root, "packages/core/src");
const top = floors.length;

/** The floor of a file of core: its own, that of its folder, or the top for what puts the rest together. */
function floorOf(file) {
  const [first] = path.relative(core, file).split(path.sep);
  const floor = floors.findIndex((names) => names.includes(first));
  return {
    name: first,
    floor: floor === -1 ? top : floor,
    known: floor !== -1 || first.endsWith(".ts") || onTop.includes(first),
  };
}

/** Tests, and what only tests use: folders `testing/`. They may look at everything in their package. */
const isForTests = (name) => /\.test\.tsx?$|(^|[\\/])testing[\\/]/.test(name);

const problems = [];

function checkCoreImport(file, target, where) {
  const from = floorOf(file);
  const to = floorOf(target);
  if (!from.known) problems.push(`${where}: folder ${from.name} has no floor; give it one in scripts/check-layers.mjs`);
  if (from.name === to.name || from.floor === top || from.floor > to.floor) return;
  const relation = from.floor === to.floor ? "beside" : "above";
  problems.push(`${where}: ${from.name} imports from ${to.name}, which stands ${relation} it`);
}

/** Imports of values, file to file, to find circles. Types are gone before anything runs, and `import()` waits. */
const graph = new Map();

for (const workspace of listWorkspaces()) {
  const mayImport = arrows.find(([pattern]) => pattern.test(workspace.folder))?.[1];
  if (!mayImport) {
    problems.push(`${workspace.folder}: has no arrows; give it some in scripts/check-layers.mjs`);
    continue;
  }
  const source = path.join(workspace.path, "src");
  const files = fs.existsSync(source) ? fs.readdirSync(source, { recursive: true }) : [];
  for (const name of files.filter((file) => /\.[mc]?tsx?$/.test(file))) {
    const file = path.join(source, name);
    const isTest = isForTests(name);
    for (const { specifier, line, kind } of findImports(fs.readFileSync(file, "utf8"))) {
      const where = `${workspace.folder}/src/${name.replaceAll(path.sep, "/")}:${line}`;
      if (specifier.startsWith(".")) {
        const target = path.resolve(path.dirname(file), specifier);
        if (!target.startsWith(workspace.path + path.sep)) {
          problems.push(`${where}: reaches into another package (${specifier}); import it by name`);
        } else if (!isTest) {
          if (isForTests(path.relative(source, target))) problems.push(`${where}: imports what is for tests only`);
          if (workspace.folder === "packages/core") checkCoreImport(file, target, where);
          if (kind === "value") graph.set(file, [...(graph.get(file) ?? []), target]);
        }
      } else if (specifier.startsWith("node:")) {
        if (runsInBrowsers.test(workspace.folder) && !isTest && kind !== "type") {
          problems.push(`${where}: imports ${specifier}; this package runs in browsers, use process.getBuiltinModule`);
        }
      } else {
        const imported = specifier.match(/^(@bayling\/[^/]+|bayling(?=\/|$))/)?.[0];
        if (imported === undefined || imported === workspace.name) continue;
        if (!mayImport(imported) && !(isTest && workspace.name !== "@bayling/core" && testArrows.has(imported))) {
          problems.push(`${where}: ${workspace.folder} must not import ${imported}`);
        }
      }
    }
  }
}

const finished = new Set();
function findCircle(file, trail) {
  if (trail.includes(file)) {
    const circle = [...trail.slice(trail.indexOf(file)), file];
    problems.push(`a circle of imports: ${circle.map((step) => path.relative(root, step)).join(" → ")}`);
  } else if (!finished.has(file)) {
    for (const target of graph.get(file) ?? []) findCircle(target, [...trail, file]);
    finished.add(file);
  }
}
for (const file of graph.keys()) findCircle(file, []);

report(problems, "Imports point downward.");
