import { tinyLlama } from "@bayling/backend-conformance/tiny-llama";
import type { BackendModel, BackendSequence, BatchItem, LoadedModel } from "@bayling/core/backend";
import { type ClassModelSetup, openClassModel } from "./open-class-model.ts";

export const unsignalled: { readonly signal: undefined } = { signal: undefined };

/** Token ids of the tiny model, others for another seed. */
export function ids(length: number, seed: number): Uint32Array {
  return Uint32Array.from({ length }, (_, index) => (seed * 37 + index * 11) % 257);
}

/** The scores after the last token. */
export async function evaluate(
  model: BackendModel,
  sequence: BackendSequence,
  tokens: Uint32Array,
): Promise<Float32Array> {
  const [result] = await model.doEvaluate([scoring(sequence, tokens)], unsignalled);
  return result!.scores!;
}

export function scoring(sequence: BackendSequence, tokens: Uint32Array): BatchItem {
  return { sequence, tokens, want: "last" };
}

export function drawing(
  sequence: BackendSequence,
  tokens: Uint32Array,
  { temperature, steps }: { readonly temperature: number; readonly steps: number },
): BatchItem {
  const spec = {
    ...{ temperature, topK: 0, topP: 1, minP: 0, seed: 5, logitBias: new Map<number, number>() },
    ...{ repetitionPenalty: 1, frequencyPenalty: 0, presencePenalty: 0, penaltyWindow: 64 },
  };
  return { sequence, tokens, want: "none", sample: { spec, history: tokens, steps, stopTokens: [] } };
}

/** Disposes of the model afterwards. */
export async function withModel(
  setup: ClassModelSetup & { readonly tiny?: LoadedModel },
  use: (model: BackendModel) => Promise<void>,
): Promise<void> {
  const { tiny = tinyLlama(), ...rest } = setup;
  const model = await openClassModel(tiny, rest);
  try {
    await use(model);
  } finally {
    await model.dispose();
  }
}
