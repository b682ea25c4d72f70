// Reads the header of a GGUF file with @bayling/core and with @huggingface/gguf, in turns, in one process.
//
//   node gguf-header.mjs [file.gguf] [runs]
//
// Without a file: the LLaMA 3 vocabulary of ../shared when it is there, otherwise a made-up file of the same shape
// (128,256 tokens, 280,147 merges). Needs a build of @bayling/core (npm run build).
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GgufStringArray, readGguf, writeGguf } from "@bayling/core";
import { gguf } from "@huggingface/gguf";

const [fileArgument, runsArgument = "15"] = process.argv.slice(2);
const runs = Number(runsArgument);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`runs: expected a whole number from 1, got ${runsArgument}`);
  process.exit(2);
}
const shared = fileURLToPath(new URL("../../shared/tokenizers/llama-bpe.gguf", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "bayling-benchmark-"));
try {
  const path = fileArgument ?? (existsSync(shared) ? shared : await writeVocabulary(join(folder, "vocabulary.gguf")));
  await compare(path);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function compare(path) {
  const { size } = await stat(path);
  console.log(`${path}, ${(size / 1e6).toFixed(1)} MB; Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}`);
  const sides = {
    "@huggingface/gguf": async () => {
      await gguf(path, { allowLocalFile: true });
    },
    "@bayling/core": async () => {
      const file = await readGguf(path);
      await file.dispose();
    },
    // For scale: the work that the reader leaves out until somebody asks.
    "@bayling/core, every string decoded": async () => {
      const file = await readGguf(path);
      for (const key of file.metadata.keys()) {
        const value = file.metadata.get(key);
        if (value instanceof GgufStringArray) Array.from(value);
      }
      await file.dispose();
    },
  };
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, read] of Object.entries(sides)) {
      globalThis.gc?.();
      const start = performance.now();
      await read();
      times[name].push(performance.now() - start);
    }
  }
  console.log(
    `${"reader".padEnd(38)}${"median".padStart(10)}${"first".padStart(10)}${"fastest".padStart(10)}  ms, ${runs} runs`,
  );
  for (const [name, samples] of Object.entries(times)) {
    const cells = [median(samples), samples[0], Math.min(...samples)].map((time) => time.toFixed(2).padStart(10));
    console.log(name.padEnd(38) + cells.join(""));
  }
  const theirs = times["@huggingface/gguf"];
  const ours = times["@bayling/core"];
  const ratio = (a, b) => `1/${(a / b).toFixed(1)}`;
  console.log(`ratio of medians ${ratio(median(theirs), median(ours))}, of first runs ${ratio(theirs[0], ours[0])}`);
}

function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function writeVocabulary(path) {
  const word = (index) => `Ġ${((index * 2654435761) % 2 ** 32).toString(36)}`;
  const strings = (length, text) => ({
    type: "array",
    value: { elementType: "string", values: GgufStringArray.from(Array.from({ length }, (_, index) => text(index))) },
  });
  const metadata = new Map([
    ["general.architecture", { type: "string", value: "llama" }],
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.tokens", strings(128_256, word)],
    [
      "tokenizer.ggml.token_type",
      { type: "array", value: { elementType: "int32", values: new Int32Array(128_256).fill(1) } },
    ],
    ["tokenizer.ggml.merges", strings(280_147, (index) => `${word(index)} ${word(index + 1)}`)],
  ]);
  await writeGguf(path, { metadata, tensors: [] });
  return path;
}
