// Decoding and prefill on the GPU through WebGPU, beside llama.cpp's CUDA build in the same run.
//   node benchmarks/webgpu.mjs [7b|1b|tiny] [q4_0|q4_k_m|q8_0] [fast]
// Weights are random: only sizes matter. Prints the roofline (weights over the bandwidth of a copy), what llama.cpp does
// where it has CUDA, and the times of our kernels.
import fs from "node:fs/promises";
import { WebGpuProfile, webgpu } from "@bayling/backend-webgpu";
import { loadModel } from "@bayling/core";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { randomModel } from "./lib/random-model.mjs";
import { machine, median, table } from "./lib/report.mjs";

const [size = "7b", recipe = "q4_0", precision] = process.argv.slice(2);
const promptTokens = size === "tiny" ? 64 : 512;
const decodeTokens = size === "tiny" ? 32 : 256;
const rounds = 5;

const file = await randomModel(size, recipe);
const prompt = Array.from({ length: promptTokens }, (_, index) => 300 + (index % 100));

async function ours() {
  const profile = new WebGpuProfile();
  profile.enabled = false;
  const backend = webgpu({ profile, ...(precision === undefined ? {} : { precision }) });
  const probe = await backend.probe();
  if (!probe.available) throw new Error(probe.reason);
  console.log(`GPU: ${probe.devices[0].name}`);
  const began = performance.now();
  const model = await loadModel(file, { backend, contextLength: promptTokens + decodeTokens + 64, maxSequences: 1 });
  console.log(`loaded in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const sequence = await model.createSequence();
  const run = async () => {
    sequence.truncate(0);
    const start = performance.now();
    await sequence.evaluate(prompt, { want: "last" });
    const middle = performance.now();
    for (let drawn = 0; drawn < decodeTokens; drawn += 32) {
      await sequence.sample([300], { spec: greedy, steps: 32, stopTokens: [] });
    }
    return { prefill: middle - start, decode: performance.now() - middle };
  };
  const speeds = await measure(run);
  profile.enabled = true;
  await run();
  return { speeds, profile, dispose: () => model.dispose() };
}

const greedy = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0 },
  ...{ penaltyWindow: 64, logitBias: new Map(), seed: 0 },
};

async function theirs() {
  let llama;
  try {
    llama = await getLlama({ gpu: "cuda", build: "never", logLevel: LlamaLogLevel.error });
  } catch (error) {
    console.log(`llama.cpp has no CUDA here: ${error.message}`);
    return undefined;
  }
  const model = await llama.loadModel({ modelPath: file, gpuLayers: "max" });
  const contextSize = promptTokens + decodeTokens + 64;
  const context = await model.createContext({ contextSize, batchSize: promptTokens, flashAttention: true });
  const sequence = context.getSequence();
  const speeds = await measure(async () => {
    await sequence.clearHistory();
    const start = performance.now();
    let first;
    let drawn = 0;
    for await (const _ of sequence.evaluate(prompt, { temperature: 0 })) {
      first ??= performance.now();
      if (drawn++ === decodeTokens) break;
    }
    return { prefill: first - start, decode: performance.now() - first };
  });
  await context.dispose();
  await model.dispose();
  return speeds;
}

/** Tokens a second, medians; one round before does not count. */
async function measure(run) {
  const times = [];
  for (let round = 0; round <= rounds; round++) times.push(await run());
  const counted = times.slice(1);
  return {
    prefill: (1000 * promptTokens) / median(counted.map(({ prefill }) => prefill)),
    decode: (1000 * decodeTokens) / median(counted.map(({ decode }) => decode)),
  };
}

console.log(`${machine()}; ${size} ${recipe}, random weights`);
const weightBytes = (await fs.stat(file)).size;
const { speeds, profile, dispose } = await ours();
await dispose();
const peer = await theirs();
const ratio = (phase) => (peer === undefined ? "" : (speeds[phase] / peer[phase]).toFixed(2));
console.log(
  table([
    ["", "prefill tok/s", "decode tok/s"],
    ["@bayling/backend-webgpu", speeds.prefill.toFixed(0), speeds.decode.toFixed(1)],
    ["llama.cpp, CUDA", peer?.prefill.toFixed(0) ?? "–", peer?.decode.toFixed(1) ?? "–"],
    ["ratio", ratio("prefill"), ratio("decode")],
  ]),
);
if (profile.copyBandwidth !== undefined) {
  const roofline = profile.copyBandwidth / weightBytes;
  console.log(
    `a copy moves ${(profile.copyBandwidth / 1e9).toFixed(0)} GB/s: at most ${roofline.toFixed(0)} tokens/s, ` +
      `of which ${((100 * speeds.decode) / roofline).toFixed(0)} % are reached`,
  );
}
console.log(
  table([
    ["kernel (profiled round: prefill and decode)", "runs", "ms", "µs each", "GB/s"],
    ...profile
      .summarize()
      .map(({ name, runs, milliseconds, gigabytesPerSecond }) => [
        name,
        runs,
        milliseconds.toFixed(2),
        ((1000 * milliseconds) / runs).toFixed(1),
        gigabytesPerSecond.toFixed(1),
      ]),
  ]),
);
process.exit(0);
