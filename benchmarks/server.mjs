// Eight streaming requests at once through the server, beside eight sequences of node-llama-cpp used bare. See server.md.
//   node benchmarks/server.mjs [ROUNDS] [THREADS]    on llama.cpp's CPU build
// The server is a process of its own, as it is in life; contestants take turns, and medians count. On a busy machine two
// processes get less of it than one: processor time a token is what they take when nobody else is there.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { randomModel } from "./lib/random-model.mjs";
import { machine, median, table } from "./lib/report.mjs";

const script = fileURLToPath(import.meta.url);
const width = 8;
const contextLength = 512;
const agent = new http.Agent({ keepAlive: true, maxSockets: width });

if (process.argv[2] === "serve-here") await serveHere(...process.argv.slice(3));
else await compare(Number(process.argv[2] ?? 9), Number(process.argv[3] ?? 1));

async function compare(rounds, threads) {
  console.log(`${machine()}, ${threads} thread${threads === 1 ? "" : "s"} of llama.cpp`);
  const rows = [
    [`${width} at once`, "through the server", "@bayling/core", "node-llama-cpp", "server / node-llama-cpp"],
  ];
  for (const [name, file, count] of await models()) {
    const server = await startServer(file, threads);
    const ours = await openOurs(file, threads);
    const theirs = await openTheirs(file, threads);
    // Prompts differ, so that the sequences have nothing in common.
    const prompts = Array.from({ length: width }, (_, index) => ours.tokenizer.encode(`Once upon a time ${index}`));
    const contestants = {
      server: (index) => ask(server.url, prompts[index], count),
      core: async (index) => {
        let tokens = 0;
        for await (const _ of ours.generate(prompts[index], { maxTokens: count, ignoreEnd: true })) tokens++;
        return tokens;
      },
      bare: async (index) => {
        let tokens = 0;
        const generation = theirs.sequences[index].evaluate(prompts[index], { temperature: 0, yieldEogToken: true });
        for await (const _ of generation) if (++tokens === count) break;
        return tokens;
      },
    };
    const speeds = { server: [], core: [], bare: [] };
    const times = { server: [], core: [], bare: [] };
    const names = Object.keys(contestants);
    for (let round = -1; round < rounds; round++) {
      // Whoever begins meets the caches of the others: they take turns in that too.
      for (let turn = 0; turn < names.length; turn++) {
        const who = names[(turn + round + names.length) % names.length];
        for (const sequence of theirs.sequences) await sequence.clearHistory();
        const usage = who === "server" ? server.cpuTime : ownCpuTime;
        const before = await usage();
        const began = performance.now();
        const counts = await Promise.all(prompts.map((_, index) => contestants[who](index)));
        const seconds = (performance.now() - began) / 1000;
        if (counts.some((each) => each !== count)) throw new Error(`${who} wrote ${counts} tokens instead of ${count}`);
        const cpuTime = (await usage()) - before;
        if (round < 0) continue;
        speeds[who].push((width * count) / seconds);
        times[who].push(cpuTime / (width * count));
      }
    }
    const ratio = median(speeds.server.map((speed, round) => speed / speeds.bare[round]));
    rows.push([`${name}, tokens/s`, ...names.map((who) => median(speeds[who]).toFixed(0)), ratio.toFixed(2)]);
    const share = median(times.bare.map((time, round) => time / times.server[round]));
    rows.push(["processor time, µs/token", ...names.map((who) => median(times[who]).toFixed(0)), share.toFixed(2)]);
    await server.stop();
    await ours.dispose();
    await theirs.dispose();
  }
  console.log(table(rows));
}

/** stories260K, where it is there, and random weights; and how many tokens each request asks for. */
async function models() {
  const stories = fileURLToPath(new URL("../../shared/fixtures/stories260K.gguf", import.meta.url));
  const files = existsSync(stories) ? [["stories260K", stories, 200]] : [];
  return [...files, ["100m q8_0, random", await randomModel("100m", "q8_0"), 48]];
}

async function openOurs(file, threads) {
  const [{ loadModel }, { cuda }] = await Promise.all([import("@bayling/core"), import("@bayling/backend-cuda")]);
  return loadModel(file, { backend: cuda({ device: "cpu", threads }), contextLength, maxSequences: width });
}

async function openTheirs(file, threads) {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 0 });
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: contextLength, sequences: width, threads, batchSize: 128 });
  return {
    sequences: Array.from({ length: width }, () => context.getSequence()),
    async dispose() {
      await context.dispose();
      await model.dispose();
    },
  };
}

/** Microseconds that this process has computed so far. */
function ownCpuTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The server in this process, until the one that started it lets go. */
async function serveHere(file, threads) {
  const { createServer, listen } = await import("@bayling/server");
  const model = await openOurs(file, Number(threads));
  const listening = await listen(await createServer({ models: [{ model }] }), { port: 0 });
  process.send(listening.url);
  process.on("message", () => process.send(ownCpuTime()));
  process.once("disconnect", async () => {
    await listening.close();
    await model.dispose();
  });
}

async function startServer(file, threads) {
  const child = spawn(process.execPath, [script, "serve-here", file, String(threads)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const url = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    child.once("message", resolve);
  });
  return {
    url,
    cpuTime: () =>
      new Promise((resolve) => {
        child.once("message", resolve);
        child.send("cpuTime");
      }),
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners("exit");
        child.once("exit", resolve);
        child.disconnect();
      }),
  };
}

/** One streaming request. @returns how many tokens came, by the server's own count */
function ask(url, prompt, count) {
  const body = JSON.stringify({
    ...{ prompt, max_tokens: count, temperature: 0, ignore_eos: true },
    ...{ stream: true, stream_options: { include_usage: true } },
  });
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${url}/v1/completions`,
      { agent, method: "POST", headers: { "content-type": "application/json" } },
      (response) => {
        let end = "";
        response.setEncoding("utf8");
        response.on("data", (text) => {
          end = (end + text).slice(-2000);
        });
        response.on("error", reject);
        response.on("end", () => {
          const usage = /"completion_tokens":(\d+)/.exec(end);
          if (usage === null) reject(new Error(`status ${response.statusCode}: ${end}`));
          else resolve(Number(usage[1]));
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
