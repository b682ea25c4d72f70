/** Everything that decides what the model becomes. */
export const settings = {
  seed: 1,
  /** Shares of the sources, by their hash. */
  shares: { validation: 0.01, test: 0.025 },
  instructionLanguages: { en: 1, zh: 1 },
  /** Traditional Chinese is the same sentences in other characters: fewer of them teach it. */
  directionShares: { "en>zh-Hant": 0.3, "zh-Hant>en": 0.15 },
  vocabulary: { size: 8000, leastCharacterCount: 2 },
  template: "bayling",
  shape: { hiddenSize: 256, layers: 6, heads: 8, keyValueHeads: 4, intermediateSize: 640 },
  training: {
    ...{ epochs: 3, contextLength: 192, batchRows: 32, microRows: 16, learningRate: 2e-3, warmupSteps: 150 },
    ...{ weightDecay: 0.1, dropout: 0.1, evaluateEvery: 200, checkpointEvery: 50, evaluationRows: 100, logEvery: 10 },
  },
  type: "Q8_0",
  /** Sentence pairs that are measured in each direction. */
  measured: 500,
};
