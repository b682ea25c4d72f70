import { GgufMetadata, GgufStringArray } from "../formats/gguf-metadata.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { spellByte } from "../tokenizer/byte-alphabet.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { createTokenizerFromGguf } from "../tokenizer/tokenizer-from-gguf.ts";

const sample = `The quick brown fox jumps over the lazy dog, and the dog doesn't mind. They're there: 12345 times!
  for (let i = 0; i < 100; i++) { total += i; }\n\n\tDer Hund läuft über die Straße. Быстрая лиса прыгает.
机器翻译是把一种语言翻译成另一种语言。翻译语言的机器。 été où naïve 👩‍👩‍👧 👍🏽 🇩🇪 aaaa bbbb aaaa the then thee </s> <s>`;

/** A vocabulary that a test can hold in its hand: spellings in order, types, and merges `[left, right]` in order. */
export interface TestVocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly merges: readonly (readonly [string, string])[];
}

/** Merges of the most frequent neighbours (Sennrich et al. 2016), over words that are lists of symbols. */
function learnMerges(words: readonly (readonly string[])[], count: number): [string, string][] {
  let current = words;
  const merges: [string, string][] = [];
  while (merges.length < count) {
    const frequencies = new Map<string, number>();
    for (const word of current) {
      for (let index = 0; index + 1 < word.length; index++) {
        const pair = JSON.stringify([word[index], word[index + 1]]);
        frequencies.set(pair, (frequencies.get(pair) ?? 0) + 1);
      }
    }
    const best = [...frequencies].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 1]);
    if (best[1] < 2) break;
    const [left, right] = JSON.parse(best[0]) as [string, string];
    merges.push([left, right]);
    current = current.map((word) => mergeOnce(word, left, right));
  }
  return merges;
}

function mergeOnce(word: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let index = 0; index < word.length; index++) {
    const both = word[index] === left && word[index + 1] === right;
    merged.push(both ? left + right : word[index]!);
    if (both) index++;
  }
  return merged;
}

const controls = ["<|begin|>", "<|im_end|>", "<|im_end|>x"];
/** Long words of one letter have merges of their own, so that long words are more than letters. */
const doublings: [string, string][] = [1, 2, 4, 8].map((n) => ["a".repeat(n), "a".repeat(n)]);

/** A byte-level vocabulary of some 450 tokens, with three control tokens and one that anybody may write, `<tool>`. */
export const byteLevelVocabulary: TestVocabulary = (() => {
  const alphabet = Array.from({ length: 256 }, (_, byte) => spellByte(byte));
  const words = sample.match(/ ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+/gu)!;
  const learned = learnMerges(
    words.map((word) => Array.from(new TextEncoder().encode(word), (byte) => spellByte(byte))),
    180,
  );
  const merges = [
    ...learned,
    ...doublings.filter(([a]) => !learned.some(([left, right]) => left === a && right === a)),
  ];
  const tokens = [...new Set([...alphabet, ...merges.map(([left, right]) => left + right)])];
  const types = tokens.map(() => 1);
  return { tokens: [...tokens, ...controls, "<tool>"], types: [...types, 3, 3, 3, 4], merges };
})();

/** A SentencePiece vocabulary of some 500 tokens: `<unk>`, `<s>`, `</s>`, bytes, pieces, and `<tool>`. */
export const sentencePieceVocabulary: TestVocabulary = (() => {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const words = sample.replaceAll(/[\n\t]/g, " ").split(/(?= )/);
  const learned = learnMerges(
    words.map((word) => Array.from(word.replace(" ", "▁"))),
    150,
  );
  const merges = [
    ...learned,
    ...doublings.filter(([a]) => !learned.some(([left, right]) => left === a && right === a)),
  ];
  // Without "👍", "🏽" and "机": characters that fall back to bytes though text has them.
  const letters = [...new Set(Array.from(sample.replaceAll(/\s|👍|🏽|机/gu, "▁")))];
  const pieces = [...new Set([...merges.map(([left, right]) => left + right), ...letters])].filter(
    (piece) => !/机|👍|🏽/u.test(piece),
  );
  const kept = merges.filter(([left, right]) => pieces.includes(left + right));
  return {
    tokens: ["<unk>", "<s>", "</s>", ...bytes, ...pieces, "<tool>"],
    types: [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1), 4],
    merges: kept,
  };
})();

/** GGUF metadata of a vocabulary; `changes` replaces or, with `undefined`, removes keys. */
export function vocabularyMetadata(
  model: "llama" | "gpt2",
  vocabulary: TestVocabulary,
  changes: Readonly<Record<string, GgufEntry | undefined>> = {},
): GgufMetadata {
  const { tokens, types, merges } = vocabulary;
  const entries = new Map<string, GgufEntry>([
    ["tokenizer.ggml.model", { type: "string", value: model }],
    ["tokenizer.ggml.tokens", stringsEntry(tokens)],
    ["tokenizer.ggml.token_type", { type: "array", value: { elementType: "int32", values: Int32Array.from(types) } }],
  ]);
  if (model === "llama") {
    // Pieces are in the order of their merges, so the earlier has the higher score.
    const scores = Float32Array.from(tokens, (_, id) => (id < 259 ? 0 : 259 - id));
    entries.set("tokenizer.ggml.scores", { type: "array", value: { elementType: "float32", values: scores } });
  } else {
    entries.set("tokenizer.ggml.pre", { type: "string", value: "llama-bpe" });
    entries.set("tokenizer.ggml.merges", stringsEntry(merges.map((pair) => pair.join(" "))));
    entries.set("tokenizer.ggml.bos_token_id", { type: "uint32", value: tokens.indexOf("<|begin|>") });
    entries.set("tokenizer.ggml.eos_token_id", { type: "uint32", value: tokens.indexOf("<|im_end|>") });
  }
  for (const [key, entry] of Object.entries(changes)) {
    if (entry === undefined) entries.delete(key);
    else entries.set(key, entry);
  }
  return new GgufMetadata("test.gguf", entries);
}

export function stringsEntry(strings: readonly string[]): GgufEntry {
  return { type: "array", value: { elementType: "string", values: GgufStringArray.from(strings) } };
}

export function byteLevelTokenizer(pre: string = "llama-bpe"): Tokenizer {
  const changes = { "tokenizer.ggml.pre": { type: "string", value: pre } } as const;
  return createTokenizerFromGguf(vocabularyMetadata("gpt2", byteLevelVocabulary, changes), "test.gguf");
}

export function sentencePieceTokenizer(changes: Readonly<Record<string, GgufEntry | undefined>> = {}): Tokenizer {
  return createTokenizerFromGguf(vocabularyMetadata("llama", sentencePieceVocabulary, changes), "test.gguf");
}

const llama3Pattern: string =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** A `tokenizer.json` of a vocabulary, as Hugging Face's converters write them. */
export function tokenizerJson(kind: "byte-level" | "sentencepiece", vocabulary: TestVocabulary): TokenizerJsonFile {
  const { tokens, types, merges } = vocabulary;
  const special = (type: number | undefined): boolean => type === 2 || type === 3;
  const added = tokens
    .map((content, id) => ({ id, content, special: special(types[id]), type: types[id] }))
    .filter(({ type }) => type === 2 || type === 3 || type === 4)
    .map(({ id, content, special }) => ({
      id,
      content,
      special,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    }));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const byteLevel = kind === "byte-level";
  return {
    version: "1.0",
    added_tokens: added,
    normalizer: byteLevel
      ? null
      : {
          type: "Sequence",
          normalizers: [
            { type: "Prepend", prepend: "▁" },
            { type: "Replace", pattern: { String: " " }, content: "▁" },
          ],
        },
    pre_tokenizer: byteLevel
      ? {
          type: "Sequence",
          pretokenizers: [
            { type: "Split", pattern: { Regex: llama3Pattern }, behavior: "Isolated", invert: false },
            { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
          ],
        }
      : null,
    post_processor: null,
    decoder: byteLevel
      ? { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }
      : {
          type: "Sequence",
          decoders: [
            { type: "Replace", pattern: { String: "▁" }, content: " " },
            { type: "ByteFallback" },
            { type: "Fuse" },
            { type: "Strip", content: " ", start: 1, stop: 0 },
          ],
        },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: byteLevel ? null : "<unk>",
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: !byteLevel,
      byte_fallback: !byteLevel,
      ignore_merges: byteLevel,
      vocab,
      merges,
    },
  };
}

export interface TokenizerJsonFile {
  readonly model: Record<string, unknown>;
  readonly [part: string]: unknown;
}

/** Texts that tokenizers get wrong. */
export const awkwardTexts: readonly string[] = [
  "",
  " ",
  "   ",
  "\n\n \n",
  "\t a",
  " leading and trailing ",
  "</s><s><unk><0x0A><|im_end|><|begin|>",
  "機器👩‍👩‍👧‍👧👍🏽🇩🇪e\u0301\u200d",
  "\u0000\u0001\u007f\u0085\ufeff\u2028\ufffd",
  "don't DON'T we'LL 'ſ I'm'",
  "1 12 123 1234 12345 ٣٤٥ ½²Ⅷ",
  "a".repeat(100),
  "the ".repeat(40),
  "The tHE thethethe\r\n\r\n  x",
];
