const patterns = {
  "llama-bpe": "\\p{N}{1,3}",
  qwen2: "\\p{N}",
};

/** The vocabulary of a GGUF file as a `tokenizer.json`, without special tokens: only text is segmented with it. */
export function toTokenizerJson(metadata) {
  const tokens = [...metadata.requireStrings("tokenizer.ggml.tokens")];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const shared = { version: "1.0", added_tokens: [], post_processor: null };
  const model = { type: "BPE", dropout: null, continuing_subword_prefix: null, end_of_word_suffix: null, vocab };
  if (metadata.string("tokenizer.ggml.model") === "llama") {
    const scores = metadata.requireNumbers("tokenizer.ggml.scores");
    return {
      ...shared,
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      decoder: null,
      model: { ...model, unk_token: "<unk>", byte_fallback: true, fuse_unk: true, merges: mergesOf(tokens, scores) },
    };
  }
  const digits = patterns[metadata.string("tokenizer.ggml.pre")];
  if (digits === undefined)
    throw new Error("only LLaMA and Qwen 2 vocabularies can be turned into tokenizer.json here");
  const Regex = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  return {
    ...shared,
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    decoder: { type: "ByteLevel" },
    model: {
      ...model,
      ignore_merges: metadata.string("tokenizer.ggml.pre") === "llama-bpe",
      merges: Array.from(metadata.requireStrings("tokenizer.ggml.merges"), (line) => line.split(" ")),
    },
  };
}

/** All pairs of tokens that together are a token, the highest score first. */
function mergesOf(tokens, scores) {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges = [];
  for (const [id, token] of tokens.entries()) {
    const characters = Array.from(token);
    for (let cut = 1; cut < characters.length; cut++) {
      const left = characters.slice(0, cut).join("");
      const right = characters.slice(cut).join("");
      if (ids.has(left) && ids.has(right)) merges.push([left, right, scores[id], ids.get(left), ids.get(right)]);
    }
  }
  merges.sort((a, b) => b[2] - a[2] || a[3] - b[3] || a[4] - b[4]);
  return merges.map(([left, right]) => [left, right]);
}
