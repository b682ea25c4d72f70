import type { BackendCase } from "../backend-context.ts";
import type { TinyLlamaOptions } from "../tiny-llama/tiny-llama.ts";

type Config = NonNullable<TinyLlamaOptions["config"]>;
const halves = { pairing: "halves" } as const;

/** Every way in which models of the family differ, one a case. */
const families: Readonly<Record<string, Config>> = {
  llama: {},
  "halves rope": { rope: halves },
  "qwen2 biases": {
    architecture: "qwen2",
    rope: halves,
    attentionBias: { query: true, key: true, value: true, output: false },
  },
  "output bias": { attentionBias: { query: false, key: false, value: false, output: true } },
  "qwen3 query and key norm": { architecture: "qwen3", rope: { ...halves, theta: 1e6 }, queryKeyNorm: true },
  "mistral sliding window": { architecture: "mistral", slidingWindow: 5 },
  "window of one": { slidingWindow: 1 },
  "one KV head": { numKeyValueHeads: 1 },
  "a KV head for every head": { numKeyValueHeads: 4 },
  "three heads a KV head": { numAttentionHeads: 6, numKeyValueHeads: 2, headSize: 8 },
  "tied embeddings": { tieWordEmbeddings: true },
  "linear scaling": { rope: { scaling: { type: "linear", factor: 4 } } },
  "llama3 scaling": {
    rope: {
      theta: 500_000,
      scaling: {
        type: "llama3",
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalMaxPositionEmbeddings: 32,
      },
    },
  },
  "yarn scaling": {
    rope: {
      scaling: {
        type: "yarn",
        factor: 4,
        originalMaxPositionEmbeddings: 32,
        betaFast: 4,
        betaSlow: 1,
        attentionFactor: 0.1 * Math.log(4) + 1,
      },
    },
  },
  "frequency factors": { rope: { frequencyFactors: [1, 1, 1.5, 2, 4, 8] } },
  "part of each head turned": { rope: { rotaryDimension: 8 } },
  "part of each head turned, halves": { rope: { ...halves, rotaryDimension: 4 } },
  "large epsilon": { rmsNormEpsilon: 1 },
};

/** Shapes that no kernel is made for. */
const shapes: Readonly<Record<string, Config>> = {
  "one layer": { numHiddenLayers: 1 },
  "four layers": { numHiddenLayers: 4 },
  "one head": { numAttentionHeads: 1, numKeyValueHeads: 1, headSize: 48 },
  "odd hidden size": { hiddenSize: 37 },
  "odd intermediate size": { intermediateSize: 131 },
  "heads wider than the hidden size": { hiddenSize: 40, headSize: 24 },
  "heads narrower than the hidden size": { hiddenSize: 72, headSize: 6 },
  "heads of two": { headSize: 2 },
  "a vocabulary of 3": { vocabularySize: 3 },
  "a vocabulary of 1031": { vocabularySize: 1031 },
  "everything a power of two": { vocabularySize: 512, hiddenSize: 64, intermediateSize: 128, headSize: 16 },
};

function configCase(group: string, [name, config]: readonly [string, Config]): BackendCase {
  return {
    name: `${group}/${name}`,
    async run(context) {
      const session = await context.start({ name, config });
      session.needs({ positions: 20 });
      const track = await session.track();
      await track.checkAll(session.tokens(13));
      for (const token of session.tokens(4, 2)) await track.check([token]);
    },
  };
}

export const familyCases: readonly BackendCase[] = [
  ...Object.entries(families).map((entry) => configCase("families", entry)),
  ...Object.entries(shapes).map((entry) => configCase("shapes", entry)),
];
