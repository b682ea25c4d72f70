// Segments text with @bayling/core, llama.cpp (through node-llama-cpp), llama-tokenizer-js or llama3-tokenizer-js, and
// @huggingface/tokenizers: the first pass over the text in a fresh process each, line by line, in turns.
//
//   node tokenizer.mjs [text file, folder of *.ref files, or - for the usual] [runs] [vocabulary.gguf …]
//
// Without arguments: the WMT22 references and the three vocabularies of ../shared, or generated text. Needs a build of
// @bayling/core (npm run build).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadTokenizer, readGguf } from "@bayling/core";
import { generatedText } from "./lib/generated-text.mjs";
import { machine, median, sharedFile, table } from "./lib/report.mjs";
import { toTokenizerJson } from "./lib/tokenizer-json.mjs";

const [textArgument, runsArgument = "7", ...vocabularyArguments] = process.argv.slice(2);
const runs = Number(runsArgument);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`runs: expected a whole number from 1, got ${runsArgument}`);
  process.exit(2);
}
const vocabularies =
  vocabularyArguments.length > 0
    ? vocabularyArguments
    : ["llama-spm", "llama-bpe", "qwen2"].map((name) => sharedFile(`tokenizers/${name}.gguf`));
/** These carry their vocabulary with them. */
const bundled = { 32000: "llama-tokenizer-js", 128256: "llama3-tokenizer-js" };
const contestant = fileURLToPath(new URL("./lib/tokenizer-contestant.mjs", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "bayling-benchmark-"));
try {
  const text = await readText();
  const textPath = join(folder, "text.txt");
  await writeFile(textPath, text);
  const lines = text.split("\n").length;
  console.log(`${(Buffer.byteLength(text) / 1e6).toFixed(2)} MB of text in ${lines} lines; ${machine()}; ${runs} runs`);
  for (const path of vocabularies) await compare(path, textPath, Buffer.byteLength(text));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function compare(path, textPath, bytes) {
  const jsonPath = join(folder, `${basename(path)}.json`);
  const file = await readGguf(path);
  await writeFile(jsonPath, JSON.stringify(toTokenizerJson(file.metadata)));
  await file.dispose();
  const { vocabularySize } = await loadTokenizer(path);
  const sides = [
    ["@bayling/core", path],
    ["node-llama-cpp", path],
    ...(bundled[vocabularySize] === undefined ? [] : [[bundled[vocabularySize], path]]),
    ["@huggingface/tokenizers", jsonPath],
    ["@bayling/core, tokenizer.json", jsonPath],
  ];
  const results = new Map(sides.map(([name]) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, vocabulary] of sides) {
      const child = spawnSync(process.execPath, [contestant, name, vocabulary, textPath], { encoding: "utf8" });
      if (child.status !== 0) throw new Error(`${name} failed:\n${child.stderr}`);
      results.get(name).push(JSON.parse(child.stdout.trim().split("\n").at(-1)));
    }
  }
  const ours = results.get("@bayling/core");
  const encode = (samples) => median(samples.map((sample) => sample.encode));
  const rows = [["tokenizer", "encode ms", "fastest", "MB/s", "times ours", "load ms", "tokens", "ids"]];
  for (const [name, samples] of results) {
    rows.push([
      name,
      encode(samples).toFixed(0),
      Math.min(...samples.map((sample) => sample.encode)).toFixed(0),
      (bytes / 1000 / encode(samples)).toFixed(1),
      (encode(samples) / encode(ours)).toFixed(2),
      median(samples.map((sample) => sample.load)).toFixed(0),
      samples[0].tokens,
      samples[0].hash === ours[0].hash ? "equal" : "DIFFERENT",
    ]);
  }
  console.log(`\n${basename(path)}\n${table(rows)}`);
}

async function readText() {
  const shared = fileURLToPath(new URL("../../shared/evaluation/wmt22", import.meta.url));
  const chosen = textArgument === "-" ? undefined : textArgument;
  const path = chosen ?? (existsSync(shared) ? shared : undefined);
  if (path === undefined) return generatedText();
  if (!(await stat(path)).isDirectory()) return readFile(path, "utf8");
  const names = (await readdir(path)).filter((name) => name.endsWith(".ref")).sort();
  return (await Promise.all(names.map((name) => readFile(join(path, name), "utf8")))).join("");
}
