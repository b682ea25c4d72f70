import type { Llama, Token } from "node-llama-cpp";

let opened: Promise<Llama> | undefined;

async function openLlama(): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
  return getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
}

/** Probabilities after every token of a text, by node-llama-cpp alone: one thread, f32 KV cache, no flash attention. */
export async function bareProbabilities(path: string, tokens: readonly number[]): Promise<readonly Float64Array[]> {
  opened ??= openLlama();
  const model = await (await opened).loadModel({ modelPath: path });
  try {
    const context = await model.createContext({
      ...{ contextSize: 512, threads: 1, batchSize: 64, flashAttention: false },
      ...{ experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" },
    });
    const generateNext = { probabilities: true, options: { temperature: 1, topK: 0, topP: 1 } } as const;
    const results = await context
      .getSequence()
      .controlledEvaluate(tokens.map((token) => [token as Token, { generateNext }]));
    return results.map((result) => {
      const probabilities = result!.next!.probabilities!;
      return Float64Array.from({ length: probabilities.size }, (_, id) => probabilities.get(id as Token) ?? 0);
    });
  } finally {
    await model.dispose();
  }
}
