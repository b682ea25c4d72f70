import type { ModelConfig, RopePairing } from "../graph/model-config.ts";

/**
 * The one place that knows how weights of Hugging Face differ from what graphs ask for. Their names do not: graphs use
 * them.
 *
 * Hazard: the rows of `q_proj` and `k_proj` do differ from those of LLaMA's own weights and of GGUF files. Within a head
 * of n rows, Hugging Face holds what RoPE turns together n/2 apart; GGUF of the `llama` architecture holds it side by
 * side. No rows are moved here: the graph is built for halves. What writes GGUF moves them
 * (`graph/rope-rows.ts`).
 */
export const huggingFacePairing: RopePairing = "halves";

/** Whether a tensor may lie in the files without being part of the graph. */
export function isSpare(name: string, { tieWordEmbeddings }: Pick<ModelConfig, "tieWordEmbeddings">): boolean {
  // Frequencies of RoPE, which follow from the configuration; old files carry them along.
  if (/(^|\.)rotary_emb\.inv_freq$/.test(name)) return true;
  // Another copy of the table.
  return tieWordEmbeddings && name === "lm_head.weight";
}
