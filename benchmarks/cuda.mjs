// @bayling/backend-cuda beside node-llama-cpp used bare, with the same settings in one run. See cuda.md.
//   node benchmarks/cuda.mjs [decode|load|beams] [ROUNDS]    on llama.cpp's CPU build, one thread
//   node benchmarks/cuda.mjs gpu [1b] [7b]                   a table of WebGPU, CUDA and node-llama-cpp, on a GPU
// Contestants take turns, so that a busy machine slows down all of them; medians count.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { randomModel } from "./lib/random-model.mjs";
import { machine, median, table } from "./lib/report.mjs";

const [what = "all", ...rest] = process.argv.slice(2);
const script = fileURLToPath(import.meta.url);
const settings = { device: "cpu", threads: 1 };

if (what === "gpu") await compareOnGpu(rest.length > 0 ? rest : ["1b", "7b"]);
else if (what === "load-once") await loadOnce(...rest);
else if (what === "beams-here") await compareBeams(Number(rest[0]));
else {
  console.log(machine());
  if (what === "all" || what === "decode") await compareDecoding(Number(rest[0] ?? 15));
  if (what === "all" || what === "load") await compareLoading(Number(rest[0] ?? 9));
  if (what === "all" || what === "beams") runBeamsOnOneCore(Number(rest[0] ?? 7));
}

/** stories260K, where it is there, and random weights. */
async function models(...sizes) {
  const stories = fileURLToPath(new URL("../../shared/fixtures/stories260K.gguf", import.meta.url));
  const files = existsSync(stories) ? [["stories260K", stories]] : [];
  for (const size of sizes) files.push([`${size} q8_0, random`, await randomModel(size, "q8_0")]);
  return files;
}

async function openOurs(file, options) {
  const [{ loadModel }, { cuda }] = await Promise.all([import("@bayling/core"), import("@bayling/backend-cuda")]);
  return loadModel(file, { backend: cuda(settings), contextLength: 512, ...options });
}

async function openTheirs(file, { sequences = 1 } = {}) {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 0 });
  return openTheirModel(llama, file, sequences);
}

async function openTheirModel(llama, file, sequences = 1) {
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: 512, sequences, threads: settings.threads, batchSize: 128 });
  return { llama, model, context };
}

/** Tokens a second of `count` tokens after a short prompt, as both write them, one sequence. */
async function compareDecoding(rounds) {
  const rows = [["decode, tokens/s", "@bayling/backend-cuda", "node-llama-cpp", "ratio (median)", "same tokens"]];
  for (const [name, file] of await models("100m")) {
    const count = name === "stories260K" ? 400 : 64;
    const model = await openOurs(file);
    const { context, model: peer } = await openTheirs(file);
    const sequence = context.getSequence();
    const prompt = model.tokenizer.encode("Once upon a time");
    const ours = () =>
      collect(model.generate(prompt, { maxTokens: count, ignoreEnd: true }), count, ({ token }) => token);
    const theirs = async () => {
      await sequence.clearHistory();
      return collect(sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true }), count, (token) => token);
    };
    await ours();
    await theirs();
    const results = [];
    for (let round = 0; round < rounds; round++) {
      // Whoever begins meets the caches of the other: they take turns in that too.
      const first = round % 2 === 0 ? await ours() : undefined;
      const peers = await theirs();
      const mine = first ?? (await ours());
      results.push({ mine, peers, ratio: mine.speed / peers.speed });
    }
    const middle = (value) => median(results.map(value));
    rows.push([
      name,
      middle(({ mine }) => mine.speed).toFixed(1),
      middle(({ peers }) => peers.speed).toFixed(1),
      middle(({ ratio }) => ratio).toFixed(2),
      results.every(({ mine, peers }) => mine.tokens.join() === peers.tokens.join()) ? "yes" : "no",
    ]);
    await model.dispose();
    await context.dispose();
    await peer.dispose();
  }
  console.log(table(rows));
}

async function collect(generation, count, tokenOf) {
  const tokens = [];
  const began = performance.now();
  for await (const each of generation) {
    tokens.push(tokenOf(each));
    if (tokens.length === count) break;
  }
  return { tokens, speed: (1000 * count) / (performance.now() - began) };
}

/** Milliseconds until a model and its context are ready, each time in a fresh process. */
async function compareLoading(rounds) {
  const rows = [["load, ms", "@bayling/backend-cuda", "node-llama-cpp", "ratio (median)"]];
  for (const [name, file] of await models("100m", "128k")) {
    const results = [];
    for (let round = 0; round <= rounds; round++) {
      const order = round % 2 === 0 ? ["ours", "theirs"] : ["theirs", "ours"];
      const times = {};
      for (const who of order) {
        const output = execFileSync(process.execPath, [script, "load-once", who, file], { encoding: "utf8" });
        times[who] = JSON.parse(output.trim().split("\n").at(-1));
      }
      if (round > 0) results.push(times);
    }
    for (const [phase, title] of [
      ["process", "from the start of the process"],
      ["model", "model and context alone"],
    ]) {
      const middle = (value) => median(results.map(value));
      rows.push([
        `${name}, ${title}`,
        middle(({ ours }) => ours[phase]).toFixed(0),
        middle(({ theirs }) => theirs[phase]).toFixed(0),
        middle(({ ours, theirs }) => ours[phase] / theirs[phase]).toFixed(2),
      ]);
    }
  }
  console.log(table(rows));
}

/** In a process of its own: a first load, which finds and opens llama.cpp, then some of the model alone. */
async function loadOnce(who, file) {
  const times = [];
  const time = async (open) => {
    const began = performance.now();
    const close = await open();
    times.push(performance.now() - began);
    await close();
  };
  let open;
  if (who === "ours") {
    open = async () => {
      const model = await openOurs(file);
      return () => model.dispose();
    };
  } else {
    let llama;
    open = async () => {
      const opened = llama === undefined ? await openTheirs(file) : await openTheirModel(llama, file);
      ({ llama } = opened);
      return async () => {
        await opened.context.dispose();
        await opened.model.dispose();
      };
    };
  }
  const close = await open();
  // Counted from the start of the process: Node, the modules, llama.cpp, the model.
  const whole = performance.now();
  await close();
  for (let round = 0; round < 5; round++) await time(open);
  console.log(JSON.stringify({ process: whole, model: median(times) }));
}

/** Everything shares one core, JavaScript too, where the system can be told so. */
function runBeamsOnOneCore(rounds) {
  const argv = [script, "beams-here", String(rounds)];
  const pinned = spawnSync("taskset", ["-c", "0", process.execPath, ...argv], { stdio: "inherit" });
  if (pinned.error === undefined) return;
  console.log("taskset is not here: on all cores");
  spawnSync(process.execPath, argv, { stdio: "inherit" });
}

/** Five constrained beams beside five plain sequences in one batch, with a vocabulary of 128,256 tokens. */
async function compareBeams(rounds) {
  const { requireTerms } = await import("@bayling/core/constraints");
  const file = await randomModel("128k", "q8_0");
  const count = 48;
  const width = 5;
  const model = await openOurs(file, { maxSequences: 2 * width });
  const { context } = await openTheirs(file, { sequences: width });
  const sequences = Array.from({ length: width }, () => context.getSequence());
  // Prompts differ, so that the sequences have nothing in common.
  const prompts = Array.from({ length: width }, (_, index) =>
    model.tokenizer.encode(`w${300 + index} w${400 + index}`),
  );

  const plain = () =>
    inAll(async (index) => {
      for await (const _ of model.generate(prompts[index], { maxTokens: count, ignoreEnd: true }));
    });
  const bare = async () => {
    for (const sequence of sequences) await sequence.clearHistory();
    return inAll(async (index) => {
      let drawn = 0;
      for await (const _ of sequences[index].evaluate(prompts[index], { temperature: 0, yieldEogToken: true })) {
        if (++drawn === count) break;
      }
    });
  };
  const inAll = async (work) => {
    const began = performance.now();
    await Promise.all(Array.from({ length: width }, (_, index) => work(index)));
    return (1000 * width * count) / (performance.now() - began);
  };
  let steps = 0;
  const beams = async () => {
    const generation = model.generate(prompts[0], {
      ...{ beams: width, maxTokens: count, ignoreEnd: true },
      constraints: [requireTerms(["w12345", "w777"])],
    });
    const began = performance.now();
    const text = await generation.text();
    const { generatedTokens } = generation.usage;
    steps = generatedTokens;
    if (!text.includes("w12345") || !text.includes("w777")) throw new Error(`a term is missing: ${text}`);
    return (1000 * width * generatedTokens) / (performance.now() - began);
  };

  const contestants = { plain, bare, beams };
  const speeds = { plain: [], bare: [], beams: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const speed = await run();
      if (round > 0) speeds[name].push(speed);
    }
  }
  const row = (name, title) => {
    const ratio = median(speeds.beams.map((speed, round) => speed / speeds[name][round]));
    return [title, median(speeds[name]).toFixed(0), name === "beams" ? "" : ratio.toFixed(2)];
  };
  console.log(
    table([
      ["128,256 tokens, random, five at once", "tokens/s", "beams beside it"],
      row("beams", `five beams, two required terms, ${steps} tokens long`),
      row("plain", "five plain sequences in one batch, @bayling/backend-cuda"),
      row("bare", "five plain sequences in one batch, node-llama-cpp"),
    ]),
  );
  await model.dispose();
  await context.dispose();
}

async function compareOnGpu(sizes) {
  const program = fileURLToPath(new URL("../apps/cli/dist/bayling.js", import.meta.url));
  for (const size of sizes) {
    const file = await randomModel(size, "q4_0");
    console.log(path.basename(file));
    const argv = ["bench", file, "--backends", "webgpu,cuda", "--peer", "--context", "1024", "--device", "cuda"];
    const { status } = spawnSync(process.execPath, [program, ...argv], { stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}
