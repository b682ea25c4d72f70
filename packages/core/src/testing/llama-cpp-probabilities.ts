import type { Llama, Token } from "node-llama-cpp";

/** An adapter of llama.cpp's own, which adds B·(A·x) to W·x. */
export interface LlamaCppAdapter {
  readonly path: string;
  readonly scale: number;
}

/** Probabilities after every token, `[tokens][vocabulary]`, by llama.cpp. */
export async function llamaCppProbabilities(
  llama: Llama,
  modelPath: string,
  tokens: readonly number[],
  adapters: readonly LlamaCppAdapter[] = [],
): Promise<number[][]> {
  const model = await llama.loadModel({ modelPath });
  try {
    const context = await model.createContext({
      ...{ contextSize: 64, threads: 1, batchSize: 64, flashAttention: false },
      ...{ experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" },
      lora: { adapters: adapters.map(({ path, scale }) => ({ filePath: path, scale })) },
    });
    const generateNext = { probabilities: true, options: { temperature: 1, topK: 0, topP: 1 } } as const;
    const input = tokens.map((token): [Token, object] => [token as Token, { generateNext }]);
    const results = await context.getSequence().controlledEvaluate(input);
    return results.map((result) => {
      const probabilities = result!.next!.probabilities!;
      return Array.from({ length: probabilities.size }, (_, id) => probabilities.get(id as Token) ?? 0);
    });
  } finally {
    await model.dispose();
  }
}
