import { MemoryWeights, type TinyLlama, tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { BackendSequence, BatchItem, SamplingSpec, TensorType, Want } from "@bayling/core/backend";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gpu } from "./device/gpu.ts";
import { GpuContext } from "./device/gpu-context.ts";
import { ArrayCount } from "./testing/array-count.ts";
import { DeviceLog } from "./testing/device-log.ts";
import { openNullDevice } from "./testing/null-device.ts";
import { openTestModel } from "./testing/open-test-model.ts";

let device: GPUDevice;
let log: DeviceLog;
let gpu: Gpu;

beforeAll(async () => {
  device = await openNullDevice();
  log = new DeviceLog(device);
  gpu = await Gpu.open({ device });
});
afterAll(() => device.destroy());

const greedy: SamplingSpec = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0 },
  ...{ penaltyWindow: 64, logitBias: new Map(), seed: 7 },
};
const sampled: SamplingSpec = { ...greedy, temperature: 0.8, topK: 40, topP: 0.95 };
const penalised: SamplingSpec = { ...sampled, repetitionPenalty: 1.1 };

/** Blocks of 256 need rows that are multiples of it. */
const wide = { hiddenSize: 256, intermediateSize: 256, headSize: 64 };

/** A model with some matrices of another type. */
function mixed(type: TensorType, otherType: TensorType, others: RegExp): TinyLlama {
  const model = tinyLlama({ weightType: type, config: wide });
  const other = tinyLlama({ weightType: otherType, config: wide }).weights.tensors;
  const tensors = [...model.weights.tensors].map(
    ([name, tensor]) => [name, others.test(name) ? other.get(name)! : tensor] as const,
  );
  return { ...model, weights: new MemoryWeights("mixed", new Map(tensors)) };
}

interface Case {
  readonly loaded: TinyLlama;
  readonly spec?: SamplingSpec;
  readonly sequences?: number;
}

/** What the device is asked for by one call. */
interface Work {
  readonly dispatches: readonly string[];
  readonly submits: number;
  readonly passes: number;
  readonly reads: number;
  readonly created: Readonly<Record<string, number>>;
  /** Typed arrays that are created here. */
  readonly arrays: number;
}

async function workOf(call: () => Promise<unknown>): Promise<Work> {
  log.clear();
  const arrays = new ArrayCount();
  await call();
  arrays.stop();
  return {
    ...{ dispatches: log.dispatches, created: log.created, arrays: arrays.count },
    ...{ submits: log.times("submit"), passes: log.times("pass"), reads: log.times("map") },
  };
}

async function open({ loaded, spec = greedy, sequences = 1 }: Case) {
  const { model } = await openTestModel(new GpuContext(gpu), loaded, { maxSequences: 20 });
  const drawn: BackendSequence[] = [];
  for (let index = 0; index < sequences; index++) drawn.push(await model.doCreateSequence());
  /** `steps` tokens for each sequence behind a prompt of one token. */
  const draw = (steps: number) => {
    const batch = drawn.map((sequence): BatchItem => {
      sequence.doTruncate(0);
      const tokens = Uint32Array.of(5);
      return { sequence, tokens, want: "none", sample: { spec, history: tokens, steps, stopTokens: [] } };
    });
    return workOf(() => model.doEvaluate(batch, { signal: undefined }));
  };
  await draw(32); // makes what the model has once
  return { model, draw, sequence: drawn[0]! };
}

/** What 28 more tokens take, a token. */
async function workPerToken(opened: Case): Promise<Work> {
  const { model, draw } = await open(opened);
  const short = await draw(4);
  const long = await draw(32);
  await model.dispose();
  const more = (count: (work: Work) => number) => (count(long) - count(short)) / 28;
  expect(long.created).toEqual({});
  return {
    dispatches: long.dispatches.slice(-more(({ dispatches }) => dispatches.length)),
    submits: more(({ submits }) => submits),
    passes: more(({ passes }) => passes),
    created: long.created,
    // A view of what is mapped for each read, and nothing a token.
    ...{ reads: long.reads - short.reads, arrays: long.arrays - short.arrays },
  };
}

const like = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe("decoding", () => {
  it("takes six dispatches a layer and four a token, in one submit and one pass, and creates nothing", async () => {
    const { dispatches, submits, passes, created, reads, arrays } = await workPerToken({ loaded: tinyLlama() });
    const layer = [
      like(/^linear .*norm store/), // norm, query, key and value
      like(/^attentionSplit/), // rope, writing the cache, attention by parts
      like(/^attentionReduce/), // the parts together
      like(/^linear .*add/), // output and residual
      like(/^linear .*norm swiglu/), // norm, gate, up and activation
      like(/^linear .*add/), // down and residual
    ];
    const scores = like(/^linear .*norm store/);
    expect(dispatches).toEqual([like(/^embed/), ...layer, ...layer, scores, like(/^chunkArgmax/), like(/^finishDraw/)]);
    expect({ submits, passes, created }).toEqual({ submits: 1, passes: 1, created: {} });
    expect(reads).toBeLessThanOrEqual(28 / 4);
    expect(arrays).toBe(reads);
  });

  const others: Readonly<Record<string, Case & { readonly perLayer: number; readonly perToken: number }>> = {
    "Qwen2, with biases": {
      loaded: tinyLlama({ config: { attentionBias: { query: true, key: true, value: true, output: false } } }),
      ...{ perLayer: 6, perToken: 4 },
    },
    "Qwen3, with norms of heads": { loaded: tinyLlama({ config: { queryKeyNorm: true } }), perLayer: 6, perToken: 4 },
    "tied embeddings": { loaded: tinyLlama({ config: { tieWordEmbeddings: true } }), perLayer: 6, perToken: 4 },
    "Q4_K_M: values in a type of their own": {
      loaded: mixed("Q4_K", "Q6_K", /v_proj|down_proj|lm_head/),
      ...{ perLayer: 7, perToken: 4 },
    },
    "query, key and value of three types": { loaded: mixed("Q4_K", "Q6_K", /k_proj/), perLayer: 8, perToken: 4 },
    "gate and up of two types": { loaded: mixed("Q4_K", "Q6_K", /up_proj/), perLayer: 8, perToken: 4 },
    "sampling by temperature, top-k and top-p": { loaded: tinyLlama(), spec: sampled, perLayer: 6, perToken: 6 },
    "sampling with penalties": { loaded: tinyLlama(), spec: penalised, perLayer: 6, perToken: 8 },
    "five sequences": { loaded: tinyLlama(), sequences: 5, perLayer: 6, perToken: 4 },
    "more than sixteen sequences, by tiles": { loaded: tinyLlama(), sequences: 20, perLayer: 8, perToken: 5 },
  };

  it.each(Object.entries(others))("takes few dispatches for %s", async (_, { perLayer, perToken, ...opened }) => {
    const { dispatches, submits, passes, created, reads, arrays } = await workPerToken(opened);
    expect(dispatches).toHaveLength(perLayer * opened.loaded.config.numHiddenLayers + perToken);
    expect({ submits, passes, created }).toEqual({ submits: 1, passes: 1, created: {} });
    expect(arrays).toBe(reads);
  });

  it("draws single tokens in one submit each, and creates nothing on the device", async () => {
    const { model, draw } = await open({ loaded: tinyLlama() });
    const { dispatches, submits, passes, reads, created } = await draw(1);
    expect(dispatches).toHaveLength(16);
    expect({ submits, passes, reads, created }).toEqual({ submits: 1, passes: 1, reads: 1, created: {} });
    await model.dispose();
  });

  it("reads scores back through the buffers of the reads before", async () => {
    const { model, sequence } = await open({ loaded: tinyLlama() });
    const evaluate = (tokens: number, want: Want) => {
      sequence.doTruncate(0);
      const batch = [{ sequence, tokens: new Uint32Array(tokens).fill(5), want }];
      return workOf(() => model.doEvaluate(batch, { signal: undefined }));
    };
    const wants: readonly Want[] = ["last", "all", "embedding", { top: 5, ids: [3] }];
    for (const want of wants) for (const tokens of [1, 30]) await evaluate(tokens, want);
    for (const want of wants) {
      for (const tokens of [1, 30]) {
        const { created, submits } = await evaluate(tokens, want);
        expect(created, `${JSON.stringify(want)} of ${tokens} tokens`).toEqual({});
        expect(submits).toBeLessThanOrEqual(2);
      }
    }
    await model.dispose();
  });
});

describe("a prompt", () => {
  it("takes eight dispatches a layer", async () => {
    const { model, sequence } = await open({ loaded: tinyLlama() });
    sequence.doTruncate(0);
    const batch = [{ sequence, tokens: new Uint32Array(40).fill(5), want: "none" as const }];
    const { dispatches, submits, passes } = await workOf(() => model.doEvaluate(batch, { signal: undefined }));
    const layer = [
      ...[like(/^rmsNorm/), like(/^linear .*store/), like(/^ropeStore/), like(/^attention/)],
      ...[like(/^linear .*add/), like(/^rmsNorm/), like(/^linear .*swiglu/), like(/^linear .*add/)],
    ];
    expect(dispatches).toEqual([like(/^embed/), ...layer, ...layer]);
    expect({ submits, passes }).toEqual({ submits: 1, passes: 1 });
    await model.dispose();
  });
});
