/**
 * The READMEs' code runs in a browser, on the CPU and on WebGPU: bundled by Vite, opened in a real Chromium, from a URL
 * by HTTP Range and from a file that is chosen by hand, on the page's thread and in a module worker, it writes what it
 * writes in Node. The page is served with no headers that isolate it, and with a policy that allows neither `eval` nor
 * other servers.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { chromium } from "playwright";
import { build } from "vite";
import { chromiumFlags, chromiumMissing, provideChromium } from "./lib/chromium.mjs";
import { serveFiles } from "./lib/file-server.mjs";
import { readSnippets } from "./lib/markdown.mjs";
import { cache, root } from "./lib/paths.mjs";
import { report } from "./lib/report.mjs";
import { capture } from "./lib/run.mjs";
import { webGpuEnvironment, webGpuFlags } from "./lib/web-gpu.mjs";

let executablePath;
try {
  executablePath = provideChromium();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
if (executablePath === undefined) {
  // In CI there must be one.
  console.log(process.env.CI ? chromiumMissing : `skipped: ${chromiumMissing}`);
  process.exit(process.env.CI ? 1 : 0);
}

const temporary = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "bayling-browser-"));
process.on("exit", () => fs.rmSync(temporary, { recursive: true, force: true }));

/** The README that shows each backend. */
const readmes = { cpu: "README.md", webgpu: "packages/backend-webgpu/README.md" };

/** A README's code as a module: a function of the model's source, which returns what the code writes. */
function moduleOf(readme) {
  const { code } = readSnippets(readme).find(({ language }) => language === "js");
  const [imports, program] = code.split(/\n\n(.*)/s);
  const substituted = program.replace('"model.gguf"', "source").replace("process.stdout.write(text)", "text_ += text");
  if (!/\bsource\b.*\btext_ \+= text\b/s.test(substituted)) {
    throw new Error(`${readme}: its first \`\`\`js block must load "model.gguf" and write text to process.stdout`);
  }
  return `${imports}\n\nexport async function runReadme(source) {\nlet text_ = "";\n${substituted}\nreturn text_;\n}\n`;
}

/** Large enough to come in several ranges, and that some tokens take longer than a timer's interval. */
const modelFile = path.join(temporary, "model.gguf");
await writeTinyLlama(modelFile, {
  weightType: "Q8_0",
  config: { hiddenSize: 256, intermediateSize: 512, numHiddenLayers: 3, headSize: 64 },
});
const tokens = 200;

/** What a README's code writes in Node, in a process of its own: Dawn needs its environment from the start. */
function writeInNode(backend) {
  // In the cache folder Node finds the packages as they were built; so does Vite, from the README's place.
  const file = path.join(cache, `readme-${backend}.mjs`);
  fs.mkdirSync(cache, { recursive: true });
  fs.writeFileSync(file, moduleOf(readmes[backend]));
  const [program, source] = [pathToFileURL(file).href, modelFile].map((text) => JSON.stringify(text));
  const code = `import { runReadme } from ${program};\nprocess.stdout.write(await runReadme(${source}));\n`;
  const node = capture(process.execPath, ["--input-type=module", "--eval", code], { env: webGpuEnvironment() });
  if (node.code !== 0) throw new Error(`${readmes[backend]}: its code fails in Node:\n${node.output}`);
  return node.stdout;
}
const backends = Object.keys(readmes);
const expected = Object.fromEntries(backends.map((backend) => [backend, writeInNode(backend)]));

const modules = new Map(Object.values(readmes).map((readme) => [path.join(root, readme), moduleOf(readme)]));
const readmeAsModule = () => ({
  name: "readme-as-module",
  load: (id) => (modules.has(id) ? { code: modules.get(id), moduleType: "js" } : undefined),
});
await build({
  configFile: false,
  root: path.join(root, "scripts/browser"),
  logLevel: "warn",
  plugins: [readmeAsModule()],
  worker: { format: "es", plugins: () => [readmeAsModule()] },
  build: { outDir: path.join(temporary, "site"), emptyOutDir: true },
});

const problems = [];
async function attempt(what, check) {
  const before = problems.length;
  const problem = (text) => problems.push(`${what}: ${text}`);
  const ended = new AbortController();
  const checked = check(problem).catch((error) => problem(error.message));
  const overdue = sleep(60_000, "overdue", ended).catch(() => {});
  if ((await Promise.race([checked, overdue])) === "overdue") problem("did not end within 60 s");
  ended.abort();
  console.log(`${problems.length === before ? "ok   " : "FAILS"} ${what}`);
}

const server = await serveFiles([path.join(temporary, "site"), temporary], {
  "Content-Security-Policy": "default-src 'self'",
});
const browser = await chromium.launch({ executablePath, args: [...chromiumFlags, ...webGpuFlags] });
console.log(`Chromium ${browser.version()}`);

// `launch` makes a profile for itself, empty and removed at the end.
const page = await browser.newPage();
page.on("request", (request) => {
  const url = request.url();
  if (!url.startsWith(`${server.origin}/`) && !url.startsWith(`blob:${server.origin}/`))
    problems.push(`the page asks another server: ${url}`);
});
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) problems.push(`the page prints ${message.text()}`);
});
page.on("pageerror", (error) => problems.push(`the page throws ${error.stack ?? error.message}`));

const ask = (method, ...values) => page.evaluate(([name, given]) => globalThis.page[name](...given), [method, values]);
const modelAnswers = () => server.answers.filter(({ url }) => url.endsWith("/model.gguf"));

try {
  await page.goto(server.origin, { waitUntil: "load" });
  await page.locator("input").setInputFiles(modelFile);

  await attempt("the page is not cross-origin isolated", async (problem) => {
    if (await page.evaluate(() => globalThis.crossOriginIsolated)) problem("the server must not send such headers");
  });
  const runs = backends.flatMap((backend) =>
    ["page", "worker"].flatMap((where) => ["/model.gguf", "file"].map((source) => ({ backend, where, source }))),
  );
  for (const { backend, where, source } of runs) {
    const what = `${readmes[backend]} in a ${where}, from a ${source === "file" ? "File" : "URL"}`;
    await attempt(what, async (problem) => {
      const before = modelAnswers().length;
      const text = await ask(where === "page" ? "write" : "writeInWorker", backend, source);
      if (text.length < 50 || text !== expected[backend])
        problem(`wrote\n    ${text}\nand Node\n    ${expected[backend]}`);
      const statuses = modelAnswers()
        .slice(before)
        .map(({ status }) => status);
      if (source === "file" ? statuses.length > 0 : statuses.length < 2 || statuses.some((each) => each !== 206))
        problem(`requests for the model were answered ${statuses.join(", ") || "never"}`);
    });
  }
  await attempt("loading stops when its signal says so", async (problem) => {
    if (!(await ask("abortLoading", "/stalled/model.gguf"))) problem("did not reject with the signal's reason");
    const broken = () => server.answers.some((answer) => answer.url.startsWith("/stalled/") && answer.broken);
    for (let wait = 0; wait < 50 && !broken(); wait++) await sleep(100); // for the server to hear of it
    if (!broken()) problem("left its request open");
  });
  await attempt("timers run while the page generates", async (problem) => {
    const { text, milliseconds, ticks, stopped } = await ask("generateWithTimer", "/model.gguf", tokens);
    console.log(`      ${tokens} tokens in ${milliseconds} ms, ${ticks} ticks of a timer of 10 ms`);
    if (text.length < tokens) problem(`wrote ${text.length} characters only`);
    if (ticks < 3) problem(`the timer ran ${ticks} times`);
    if (!stopped) problem("a timer's abort did not end generation");
  });
} finally {
  await browser.close();
  await server.close();
}
report(problems, "The READMEs' code runs in a browser.");
