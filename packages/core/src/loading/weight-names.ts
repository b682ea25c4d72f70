/**
 * The one place that knows GGUF's tensor names. Graphs use Hugging Face's names; files of the `llama` architecture
 * hold query and key rows in the interleaved order of RoPE, those of `qwen2` and `qwen3` in the order of halves.
 * The graph says which (`rope.pairing`), so no rows are moved.
 */
const modelNames: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  lm_head: "output",
};

const layerNames: Readonly<Record<string, string>> = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** The GGUF name of a weight of the graph: `model.layers.3.self_attn.q_proj.weight` → `blk.3.attn_q.weight`. */
export function ggufWeightName(name: string): string {
  const [, layer, part, kind] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (layer !== undefined && layerNames[part!] !== undefined) return `blk.${layer}.${layerNames[part!]}.${kind}`;
  const [, whole, wholeKind] = /^(.+)\.(weight|bias)$/.exec(name) ?? [];
  if (whole !== undefined && modelNames[whole] !== undefined) return `${modelNames[whole]}.${wholeKind}`;
  throw new Error(`The graph names a weight that GGUF has no name for: ${name}`);
}

/** Divisors of the RoPE frequencies, one for each pair; optional. */
export const ropeFactorsName = "rope_freqs.weight";
