import type { LlamaModel } from "node-llama-cpp";

/**
 * Keeps node-llama-cpp from trying out the tokenizer of models that have no vocabulary: it does so whenever it has
 * loaded one, to warn of tokenizers that do not give back what they were given, and llama.cpp ends the process then.
 * Models with a vocabulary are checked as ever.
 */
export async function skipVocabularyCheck(): Promise<void> {
  const { LlamaModel: Model, LlamaVocabularyType } = await import("node-llama-cpp");
  const { prototype } = Model;
  if (guarded.has(prototype)) return;
  guarded.add(prototype);
  const check = prototype.getWarnings;
  prototype.getWarnings = function (this: LlamaModel) {
    return this.vocabularyType === LlamaVocabularyType.none ? [] : check.call(this);
  };
}

const guarded = new WeakSet<object>();
