// How fast values are quantized, and what memory it takes to quantize a model.
//
//   node benchmarks/quantize.mjs [tiny|10m|100m|1b|7b] [Q4_K_M]
//
// The model has random weights in Q8_0 and is made once, in the folder for temporary files, where the new file goes too.
// Speeds are those of one core: time of the processor, which a busy machine does not add to. Needs a build of
// @bayling/core (npm run build).
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { quantize, quantizeGguf } from "@bayling/core/convert";
import { randomModel } from "./lib/random-model.mjs";

const [size = "100m", type = "Q4_K_M"] = process.argv.slice(2);

/** Seconds of the processor that this process has taken. */
const processorSeconds = () => process.cpuUsage().user / 1e6;

const values = Float32Array.from({ length: 2 ** 18 }, gaussian());
console.log(`Node ${process.version}, ${os.cpus()[0]?.model ?? "unknown CPU"}`);
console.log("type   million values/s   MB/s of float32");
for (const name of ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q5_0", "Q4_K", "Q5_K", "Q6_K"]) {
  for (let round = 0; round < 3; round++) quantize(name, values);
  const began = processorSeconds();
  let rounds = 0;
  for (; processorSeconds() - began < 1; rounds++) quantize(name, values);
  const rate = (rounds * values.length) / (processorSeconds() - began) / 1e6;
  console.log(`${name.padEnd(6)} ${rate.toFixed(1).padStart(16)} ${(rate * 4).toFixed(0).padStart(17)}`);
}

const source = await randomModel(size, "q8_0");
const folder = await mkdtemp(path.join(os.tmpdir(), "bayling-quantize-"));
try {
  const most = { rss: 0, heapUsed: 0, arrayBuffers: 0 };
  const look = () => {
    const usage = process.memoryUsage();
    for (const key of Object.keys(most)) most[key] = Math.max(most[key], usage[key]);
  };
  const began = { wall: performance.now(), processor: processorSeconds() };
  const result = await quantizeGguf(source, path.join(folder, "out.gguf"), { type, onProgress: look });
  const seconds = (performance.now() - began.wall) / 1000;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `${size}, Q8_0 to ${type}: ${megabytes(result.sourceSize)} to ${megabytes(result.size)} in ${seconds.toFixed(1)} s, ` +
      `${(processorSeconds() - began.processor).toFixed(1)} s of them the processor's`,
  );
  console.log(
    `most memory: ${megabytes(most.rss)} resident, ${megabytes(most.heapUsed)} heap, ${megabytes(most.arrayBuffers)} buffers`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Numbers as weights have them, from a linear congruential generator and Box and Muller's transformation. */
function gaussian() {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => 0.02 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
