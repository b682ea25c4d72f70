// Decoding speed on one thread beside llama.cpp (node-llama-cpp, CPU), and memory over 10,000 tokens.
//   node --expose-gc benchmarks/decode.mjs [MODEL.gguf] [TOKENS]
// Rounds of the two take turns in one process, so that a busy machine slows down both; medians count.
import { loadModel } from "@bayling/core";
import { cpu } from "@bayling/core/cpu";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { machine, median, sharedFile, table } from "./lib/report.mjs";

const path = process.argv[2] ?? sharedFile("fixtures/stories260K.gguf");
const count = Number(process.argv[3] ?? 200);
const rounds = 21;

const model = await loadModel(path, { backend: cpu() });
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
const peer = await llama.loadModel({ modelPath: path });
const context = await peer.createContext({ contextSize: 512, threads: 1, batchSize: 64 });
const sequence = context.getSequence();
const prompt = model.tokenizer.encode("Once upon a time");

async function ours() {
  const tokens = [];
  const began = performance.now();
  for await (const { token } of model.generate(prompt, { maxTokens: count, ignoreEnd: true })) tokens.push(token);
  return { tokens, speed: (1000 * tokens.length) / (performance.now() - began) };
}

async function theirs() {
  await sequence.clearHistory();
  const tokens = [];
  const began = performance.now();
  for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
    tokens.push(token);
    if (tokens.length === count) break;
  }
  return { tokens, speed: (1000 * tokens.length) / (performance.now() - began) };
}

for (let warmUp = 0; warmUp < 3; warmUp++) {
  await ours();
  await theirs();
}
const results = { ours: [], theirs: [], same: true };
for (let round = 0; round < rounds; round++) {
  const mine = await ours();
  const other = await theirs();
  results.ours.push(mine.speed);
  results.theirs.push(other.speed);
  results.same &&= mine.tokens.join() === other.tokens.join();
}
const ratios = results.ours.map((speed, round) => speed / results.theirs[round]);
console.log(machine());
console.log(
  table([
    ["", "tokens/s (median)", "lowest", "highest"],
    ...[
      ["@bayling/core, CPU", results.ours],
      ["llama.cpp, 1 thread", results.theirs],
    ].map(([name, speeds]) => [name, ...[median(speeds), Math.min(...speeds), Math.max(...speeds)].map(Math.round)]),
  ]),
);
console.log(`ratio (median of ${rounds} rounds): ${median(ratios).toFixed(2)}; same tokens: ${results.same}`);
await llama.dispose();

if (globalThis.gc === undefined) console.log("memory: run with --expose-gc to see it");
else {
  const reachable = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.gc();
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const start = await reachable();
  for (let written = 0; written < 10_000; written += count) {
    await model.generate(prompt, { maxTokens: count, ignoreEnd: true, temperature: 1, seed: written }).text();
  }
  console.log(
    `memory after 10,000 tokens and garbage collection: ${(((await reachable()) - start) / 1000).toFixed(0)} kB more`,
  );
}
await model.dispose();
