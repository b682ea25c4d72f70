/**
 * What a user gets works outside this repository: every package is packed and installed into an empty project, and the
 * code of the READMEs runs there as an ES module, through `require()` and after a Vite build for Node and for browsers;
 * a TypeScript project compiles with every kind of module resolution, declarations included.
 */
import fs from "node:fs";
import { isBuiltin } from "node:module";
import os from "node:os";
import path from "node:path";
import { chromiumMissing, provideChromium } from "./lib/chromium.mjs";
import { findImports } from "./lib/imports.mjs";
import { readSnippets } from "./lib/markdown.mjs";
import { packPublished } from "./lib/pack.mjs";
import { root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { capture, captureNpm } from "./lib/run.mjs";
import { webGpuEnvironment } from "./lib/web-gpu.mjs";
import { isForNodeOnly, listEntries, readJson } from "./lib/workspaces.mjs";

const project = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "bayling-consumer-"));
process.on("exit", () => fs.rmSync(project, { recursive: true, force: true }));

if (provideChromium() === undefined) console.log(`${chromiumMissing} Without it code for WebGPU needs a GPU.`);
const env = webGpuEnvironment();

const problems = [];
const write = (name, text) => fs.writeFileSync(path.join(project, name), text);
const installedTool = (file) => path.join(project, "node_modules", file);

/** One thing that must work. Returns what it printed, or undefined when it failed. */
function attempt(what, file, ...fileArguments) {
  const { code, stdout, output } = capture(process.execPath, [file, ...fileArguments], { cwd: project, env });
  if (code === 0) {
    console.log(`ok    ${what}`);
    return stdout;
  }
  console.log(`FAILS ${what}`);
  problems.push(`${what} (exit code ${code}):\n${output.trim().replaceAll(/^/gm, "    ")}`);
}

/** {@link attempt} for code that must also print something. */
function attemptToPrint(what, file) {
  if (attempt(what, path.join(project, file)) === "") problems.push(`${what}: printed nothing`);
}

/** Code with `import` statements as a CommonJS script. */
function asCommonJs(code) {
  const required = code.replaceAll(
    /^import (\{[^}]*\}|\* as \w+) from ("[^"]+");?$/gm,
    (_, names, specifier) => `const ${names.replace("* as ", "").replaceAll(" as ", ": ")} = require(${specifier});`,
  );
  return `void (async () => {\n${required}\n})();\n`;
}

// The project: every package as a user would install it, and the tools at the versions that this repository has.
const packed = packPublished(path.join(project, "packed"));
const versionOf = (name) => `${name}@${readJson(path.join(root, "node_modules", name, "package.json")).version}`;
// Without the binaries for GPUs, as here: they are large.
const { overrides } = readJson(path.join(root, "package.json"));
write("package.json", `${JSON.stringify({ name: "consumer", private: true, type: "module", overrides })}\n`);
const installed = captureNpm(
  ["install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"].concat(
    packed.map(({ tarball }) => tarball),
    ["webgpu", "node-llama-cpp", "@ai-sdk/provider", "vite", "vitest", "typescript", "@types/node"].map(versionOf),
    "@types/json-schema@^7", // which the declarations of @ai-sdk/provider want
  ),
  { cwd: project },
);
if (installed.code !== 0) {
  console.error(installed.output);
  process.exit(1);
}

// Random weights: it writes nonsense, through the same doors as a real model.
write(
  "make-model.mjs",
  'import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";\nawait writeTinyLlama("model.gguf");\n',
);
attempt("a model file is written", path.join(project, "make-model.mjs"));

const forNodeOnly = packed.filter(({ workspace }) => isForNodeOnly(workspace)).map(({ workspace }) => workspace.name);
const readmes = ["README.md", ...packed.map(({ workspace }) => `${workspace.folder}/README.md`)];
const javaScript = readmes.flatMap(readSnippets).filter(({ language }) => language === "js");
if (!javaScript.some(({ file }) => file === "README.md")) problems.push("README.md: has no ```js block to run");

for (const [index, { file, line, code }] of javaScript.entries()) {
  const name = `readme-${index}`;
  const where = `${file}:${line}`;
  write(`${name}.mjs`, code);
  attemptToPrint(`${where} as an ES module`, `${name}.mjs`);
  write(`${name}.cjs`, asCommonJs(code));
  attemptToPrint(`${where} through require()`, `${name}.cjs`);

  const vite = (...viteArguments) => [installedTool("vite/bin/vite.js"), "build", "--logLevel=warn", ...viteArguments];
  write(`${name}.node.config.mjs`, `export default { build: { ssr: "${name}.mjs", outDir: "${name}-node" } };\n`);
  attempt(`${where} built by Vite for Node`, ...vite("--config", `${name}.node.config.mjs`));
  attemptToPrint(`${where} after Vite, for Node`, `${name}-node/${name}.js`);

  if (forNodeOnly.some((each) => code.includes(each))) continue;
  const browser = {
    target: "es2022",
    modulePreload: false,
    outDir: `${name}-browser`,
    rolldownOptions: { input: `${name}.mjs` },
  };
  write(`${name}.browser.config.mjs`, `export default { build: ${JSON.stringify(browser)} };\n`);
  attempt(`${where} built by Vite for browsers`, ...vite("--config", `${name}.browser.config.mjs`));
  const assets = path.join(project, `${name}-browser/assets`);
  const bundles = fs.existsSync(assets) ? fs.readdirSync(assets).filter((asset) => asset.endsWith(".js")) : [];
  for (const bundle of bundles) {
    const text = fs.readFileSync(path.join(assets, bundle), "utf8");
    const imports = findImports(text).filter(({ specifier }) => isBuiltin(specifier));
    for (const { specifier } of imports) problems.push(`${where}: the browser bundle imports ${specifier}`);
    if (text.includes("__vite-browser-external")) problems.push(`${where}: Vite had to leave a module of Node's out`);
  }
  // Not a browser, but the bundle for one: that it runs shows that nothing in it was cut off.
  const entry = bundles.find((bundle) => bundle.startsWith(`${name}-`));
  if (entry !== undefined)
    attemptToPrint(`${where} after Vite, the bundle for browsers`, `${name}-browser/assets/${entry}`);
}

// TypeScript: all entries, and the README's code, as users compile them.
const importAll = (entries) =>
  entries.map((entry, index) => `import * as entry${index} from "${entry}";\nvoid entry${index};\n`).join("");
write("everything.ts", importAll(packed.flatMap(({ workspace }) => listEntries(workspace))));
// vitest's types need Node's, so what is made for vitest is no browser's.
const forVitestOnly = ({ manifest }) => manifest.peerDependencies?.vitest !== undefined;
const forBrowsers = packed.filter(({ workspace }) => !forVitestOnly(workspace) && !isForNodeOnly(workspace));
write("browser.ts", importAll(forBrowsers.flatMap(({ workspace }) => listEntries(workspace))));
const typeScript = readmes
  .flatMap(readSnippets)
  .filter(({ language, information }) => language === "ts" && information === "")
  // Clients of others are not installed here, and the declarations of `ai` want those of the DOM.
  .filter(({ code }) => !findImports(code).some(({ specifier }) => ["ai", "deepl-node"].includes(specifier)));
const sources = ["everything.ts"];
for (const [index, { code }] of [...javaScript, ...typeScript].entries()) {
  write(`readme-${index}.ts`, code);
  sources.push(`readme-${index}.ts`);
}
const configurations = {
  node16: { module: "Node16", lib: ["ES2023"], types: ["node"] },
  nodenext: { module: "NodeNext", lib: ["ES2023"], types: ["node"] },
  bundler: { module: "ESNext", moduleResolution: "Bundler", lib: ["ES2023", "DOM"], types: ["node"] },
  "bundler without Node": {
    module: "ESNext",
    moduleResolution: "Bundler",
    lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: [],
    files: ["browser.ts"],
  },
};
for (const [name, { files = sources, ...options }] of Object.entries(configurations)) {
  const compilerOptions = {
    ...{ target: "ES2022", strict: true, skipLibCheck: false, noEmit: true },
    // A snippet without imports is a module, too.
    ...{ moduleDetection: "force", ...options },
  };
  write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files }));
  attempt(
    `TypeScript, ${name}`,
    installedTool("typescript/bin/tsc"),
    "-p",
    `tsconfig.${name}.json`,
    "--pretty",
    "false",
  );
}

// What is made for vitest runs under it: a backend's author begins with such a file.
const forVitest = packed.filter(({ workspace }) => forVitestOnly(workspace)).map(({ workspace }) => workspace.name);
for (const { file, line, code } of typeScript.filter((snippet) =>
  forVitest.some((name) => snippet.code.includes(name)),
)) {
  const name = `${path.basename(path.dirname(file))}-${line}.test.ts`;
  write(name, code);
  attempt(`${file}:${line} under vitest`, installedTool("vitest/vitest.mjs"), "run", name);
}

// Programs: their help, and one real piece of work.
for (const { workspace } of packed) {
  for (const [name, file] of Object.entries(workspace.manifest.bin ?? {})) {
    if (!fs.existsSync(installedTool(`.bin/${name}`))) problems.push(`npm installs no program ${name}`);
    const program = installedTool(`${workspace.name}/${file}`);
    attempt(`${name} --help`, program, "--help");
    attempt(`${name} inspect`, program, "inspect", "model.gguf", "--json");
  }
}

report(problems, "The packages work outside the repository.");
