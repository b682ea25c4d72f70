import type { ModelFiles, Tokenizer } from "@bayling/core";
import { type ModelSummary, type SpecialToken, typeShares } from "./model-summary.ts";
import type { ListedTensor } from "./print-tensors.ts";

/** What the files of a folder say, told as that of a GGUF file is. */
export function summarizeFolder(files: ModelFiles): ModelSummary {
  const { loaded, tokenizer, metadata } = files;
  const { config } = loaded;
  const tensors = tensorsOfFolder(files);
  const bytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent), 0);
  return {
    file: { name: loaded.name, bytes, parts: 1 },
    name: config.name,
    architecture: config.architecture,
    parameters,
    bitsPerWeight: (8 * bytes) / parameters,
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    feedForwardSize: config.intermediateSize,
    heads: config.numAttentionHeads,
    keyValueHeads: config.numKeyValueHeads,
    contextLength: config.maxPositionEmbeddings,
    slidingWindow: config.slidingWindow,
    experts: undefined,
    ropeTheta: config.rope.theta,
    ropeScaling: config.rope.scaling?.type,
    license: undefined,
    tensors: tensors.length,
    types: typeShares(tensors),
    tokenizer: {
      model: tokenizer.kind === "sentencepiece-bpe" ? "llama" : "gpt2",
      preTokenizer: undefined,
      tokens: tokenizer.vocabularySize,
      bos: special(tokenizer, tokenizer.bosToken),
      eos: special(tokenizer, tokenizer.eosToken),
      addsBos: tokenizer.addsBos,
      hasChatTemplate: metadata.has("tokenizer.chat_template"),
    },
  };
}

/** The tensors that the model uses, in the order in which it does. */
export function tensorsOfFolder({ loaded: { graph, weights } }: ModelFiles): readonly ListedTensor[] {
  return graph.weights.map(({ name }) => {
    const { type, shape, byteLength } = weights.get(name);
    return { name, type, shape, byteLength };
  });
}

function special(tokenizer: Tokenizer, id: number | undefined): SpecialToken | undefined {
  return id === undefined ? undefined : { id, text: tokenizer.tokenText(id) };
}
