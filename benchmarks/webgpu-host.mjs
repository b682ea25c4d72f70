// What a token costs the host with @bayling/backend-webgpu, beside the bare cost of recording as many dispatches.
//   node benchmarks/webgpu-host.mjs [LAYERS] [TOKENS]
// Dawn's null backend accepts every command and computes nothing, so that only JavaScript and Dawn are measured. The
// model has random weights and many layers; the bare loop records the same dispatches of the last token, again and again.
// Rounds of both take turns in one process; medians count.

import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { writeTinyLlama } from "@bayling/backend-conformance/tiny-llama";
import { webgpu } from "@bayling/backend-webgpu";
import { loadModel } from "@bayling/core";
import { create } from "webgpu";
import { machine, median, table } from "./lib/report.mjs";

const layers = Number(process.argv[2] ?? 32);
const tokens = Number(process.argv[3] ?? 64);
const rounds = 31;

const gpu = create(["backend=null"]);
const adapter = await gpu.requestAdapter();
const device = await adapter.requestDevice();

// What the null backend maps is not what was written, and would be read as tokens.
const zeros = new ArrayBuffer(2 ** 20);
const createBuffer = device.createBuffer.bind(device);
device.createBuffer = (descriptor) => {
  const buffer = createBuffer(descriptor);
  if (descriptor.usage & 1) buffer.getMappedRange = (_, size = descriptor.size) => zeros.slice(0, size);
  return buffer;
};

/** What was recorded: pipeline, bind group and workgroups of every dispatch. */
let recorded = [];
let submits = 0;
const createCommandEncoder = device.createCommandEncoder.bind(device);
const submit = device.queue.submit.bind(device.queue);
device.queue.submit = (buffers) => {
  submits++;
  submit(buffers);
};
/** Looking on costs time, so rounds that are measured go without. */
function watch(on) {
  device.createCommandEncoder = on
    ? (descriptor) => {
        const encoder = createCommandEncoder(descriptor);
        const begin = encoder.beginComputePass.bind(encoder);
        encoder.beginComputePass = (options) => watchPass(begin(options));
        return encoder;
      }
    : createCommandEncoder;
}

function watchPass(pass) {
  const [setPipeline, setBindGroup, dispatch] = ["setPipeline", "setBindGroup", "dispatchWorkgroups"].map((name) =>
    pass[name].bind(pass),
  );
  let pipeline;
  let bindGroup;
  pass.setPipeline = (value) => {
    pipeline = value;
    setPipeline(value);
  };
  pass.setBindGroup = (index, value) => {
    bindGroup = value;
    setBindGroup(index, value);
  };
  pass.dispatchWorkgroups = (...counts) => {
    recorded.push({ pipeline, bindGroup, counts });
    dispatch(...counts);
  };
  return pass;
}

const file = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "bayling-webgpu-host-")), "model.gguf");
await writeTinyLlama(file, {
  weightType: "Q8_0",
  config: { hiddenSize: 64, intermediateSize: 128, headSize: 32, numHiddenLayers: layers },
});
const model = await loadModel(file, { backend: webgpu({ device }), contextLength: 512, maxSequences: 2 });
const sequence = await model.createSequence();
await sequence.evaluate([1, 2, 3], { want: "last" });

/** Microseconds of host time a token: from the first record to the last token read. */
async function ours() {
  sequence.truncate(3);
  const began = performance.now();
  await sequence.sample([4], { spec: greedy, steps: tokens, stopTokens: [] });
  return ((performance.now() - began) * 1000) / tokens;
}

const greedy = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0 },
  ...{ penaltyWindow: 64, logitBias: new Map(), seed: 0 },
};

/** Microseconds to record and submit the same dispatches, as often as there are tokens. */
function bare(dispatches) {
  const began = performance.now();
  for (let token = 0; token < tokens; token++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, bindGroup, counts } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(counts[0], counts[1], counts[2]);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  }
  return ((performance.now() - began) * 1000) / tokens;
}

watch(true);
submits = 0;
await ours();
const submitsPerToken = submits / tokens;
const perToken = Math.round(recorded.length / tokens);
const lastToken = recorded.slice(-perToken);
recorded = [];
watch(false);

const measured = { ours: [], bare: [], ratio: [] };
for (let round = -3; round < rounds; round++) {
  const one = await ours();
  const other = bare(lastToken);
  if (round < 0) continue;
  measured.ours.push(one);
  measured.bare.push(other);
  measured.ratio.push(one / other);
}
console.log(machine());
console.log(
  `${layers} layers, ${perToken} dispatches and ${submitsPerToken.toFixed(2)} submits a token, ${rounds} rounds`,
);
console.log(
  table([
    ["", "µs a token", "µs a dispatch"],
    ["@bayling/backend-webgpu", median(measured.ours).toFixed(0), (median(measured.ours) / perToken).toFixed(2)],
    ["bare recording", median(measured.bare).toFixed(0), (median(measured.bare) / perToken).toFixed(2)],
  ]),
);
console.log(`ratio (median of rounds): ${median(measured.ratio).toFixed(2)}`);
await model.dispose();
await fs.rm(path.dirname(file), { recursive: true });
