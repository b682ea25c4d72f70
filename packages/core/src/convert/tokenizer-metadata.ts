import { BayLingError } from "../errors.ts";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import { GgufStringArray } from "../formats/gguf-string-array.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { createHuggingFaceTokenizer, type TokenizerFiles } from "../loading/hugging-face-tokenizer.ts";
import { isEndSpelling } from "../tokenizer/end-tokens.ts";
import { preTokenizerName } from "../tokenizer/pre-tokenizer.ts";
import type { TokenRoles } from "../tokenizer/token-roles.ts";
import { TokenType } from "../tokenizer/token-type.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { createTokenizerFromGguf } from "../tokenizer/tokenizer-from-gguf.ts";
import { sentencePieceMetadata } from "../tokenizer/tokenizer-from-sentencepiece.ts";
import { readTokenizerJson, type TokenizerJsonFile } from "../tokenizer/tokenizer-json-file.ts";

/**
 * The tokenizer of a folder by GGUF's keys, with a token for each row of the embedding table: rows that no token has are
 * filled up, and tokens that have no row, which a model cannot read, are left out.
 *
 * GGUF says less than a `tokenizer.json`: it knows no Unicode normalisation, and puts a space in front of text in all
 * places or in none. What it says is held against the folder's own tokenizer on a text of many kinds.
 * @param rows of the embedding table
 * @throws BayLingError `tokenizer-not-supported` for a tokenizer that GGUF has no words for, `tokenizer-invalid`
 */
export async function tokenizerMetadata(
  { vocabulary, roles, chatTemplate }: TokenizerFiles,
  rows: number,
): Promise<Map<string, GgufEntry>> {
  const { source } = vocabulary;
  const tokenizer = await createHuggingFaceTokenizer(vocabulary, roles);
  const entries =
    vocabulary.kind === "json"
      ? jsonEntries(readTokenizerJson(vocabulary.json, source, roles))
      : sentencePieceEntries(sentencePieceMetadata(vocabulary.bytes, source, vocabulary.added, roles));
  const metadata = fitted(entries, rows);
  for (const [key, id] of namedTokens(tokenizer, roles)) {
    if (id !== undefined && id < rows) metadata.set(`tokenizer.ggml.${key}_token_id`, { type: "uint32", value: id });
  }
  metadata.set("tokenizer.ggml.add_bos_token", { type: "bool", value: tokenizer.addsBos });
  metadata.set("tokenizer.ggml.add_eos_token", { type: "bool", value: false });
  if (chatTemplate) metadata.set("tokenizer.chat_template", { type: "string", value: chatTemplate });
  checkSame(tokenizer, createTokenizerFromGguf(new GgufMetadata(source, metadata), source), source);
  return metadata;
}

/** What a vocabulary is, of whatever file. */
interface VocabularyEntries {
  readonly model: "llama" | "gpt2";
  readonly pre: string;
  readonly spellings: readonly string[];
  readonly types: ArrayLike<number>;
  readonly scores?: ArrayLike<number> | undefined;
  readonly merges?: GgufStringArray | undefined;
  readonly prefixesSpace?: boolean | undefined;
}

function jsonEntries(file: TokenizerJsonFile): VocabularyEntries {
  const { pipeline, merges, source } = file;
  const spellings = [...file.spellings];
  if (pipeline.alphabet === "spaced-text") {
    const prefixesSpace = pipeline.spacePrefix !== "none";
    const scores = scoresOfMerges(file, spellings.length);
    return { model: "llama", pre: "default", spellings, types: file.types, scores, prefixesSpace };
  }
  const pre = preTokenizerName(pipeline.patterns, file.wholeWords);
  if (pre === undefined || pipeline.spacePrefix !== "none") {
    throw new BayLingError("tokenizer-not-supported", {
      source,
      field: "pre_tokenizer",
      problem: "GGUF has no name for this way of cutting text into words",
      received: pre === undefined ? pipeline.patterns.join(" then ") : "a space in front of text",
    });
  }
  const lines = GgufStringArray.from(Array.from(merges, (pair) => pair.join(" ")));
  return { model: "gpt2", pre, spellings, types: file.types, merges: lines };
}

/**
 * SentencePiece merges what spells the token of the highest score. Lists of merges were made from scores, so the first
 * merge that makes a token says how early it comes; other tokens come together in no way.
 */
function scoresOfMerges({ merges, mergeCount, ids }: TokenizerJsonFile, size: number): Float32Array {
  const scores = new Float32Array(size).fill(-mergeCount);
  const made = new Set<number>();
  let rank = 0;
  for (const [left, right] of merges) {
    const id = ids.get(left + right)!;
    if (!made.has(id)) scores[id] = -rank;
    made.add(id);
    rank++;
  }
  return scores;
}

function sentencePieceEntries(metadata: GgufMetadata): VocabularyEntries {
  return {
    model: "llama",
    pre: "default",
    spellings: [...metadata.requireStrings("tokenizer.ggml.tokens")],
    types: metadata.requireNumbers("tokenizer.ggml.token_type"),
    scores: metadata.requireNumbers("tokenizer.ggml.scores"),
    prefixesSpace: metadata.requireBoolean("tokenizer.ggml.add_space_prefix"),
  };
}

/** As many tokens as the embedding table has rows. */
function fitted(vocabulary: VocabularyEntries, rows: number): Map<string, GgufEntry> {
  const { model, pre, spellings, types, scores, merges, prefixesSpace } = vocabulary;
  const unused = (id: number) => (spellings[id] ?? "") === "";
  const tokens = Array.from({ length: rows }, (_, id) => (unused(id) ? `[PAD${id}]` : spellings[id]!));
  const fittedTypes = Int32Array.from({ length: rows }, (_, id) => (unused(id) ? TokenType.unused : types[id]!));
  const entries = new Map<string, GgufEntry>([
    ["tokenizer.ggml.model", { type: "string", value: model }],
    ["tokenizer.ggml.pre", { type: "string", value: pre }],
    [
      "tokenizer.ggml.tokens",
      { type: "array", value: { elementType: "string", values: GgufStringArray.from(tokens) } },
    ],
    ["tokenizer.ggml.token_type", { type: "array", value: { elementType: "int32", values: fittedTypes } }],
  ]);
  if (scores !== undefined) {
    // Below all others: nothing merges into it.
    const fittedScores = Float32Array.from({ length: rows }, (_, id) => scores[id] ?? -1e6);
    entries.set("tokenizer.ggml.scores", {
      type: "array",
      value: { elementType: "float32", values: fittedScores },
    });
  }
  if (merges !== undefined) {
    entries.set("tokenizer.ggml.merges", { type: "array", value: { elementType: "string", values: merges } });
  }
  if (prefixesSpace !== undefined) {
    entries.set("tokenizer.ggml.add_space_prefix", { type: "bool", value: prefixesSpace });
  }
  return entries;
}

/** Ids by the names of GGUF. Ends of a reply that readers know by their spelling need no name. */
function namedTokens(
  tokenizer: Tokenizer,
  { endIds = [] }: TokenRoles,
): readonly (readonly [string, number | undefined])[] {
  const { bosToken, eosToken, unknownToken, paddingToken, vocabularySize } = tokenizer;
  const [turnEnd, messageEnd] = endIds.filter(
    (id) => id < vocabularySize && id !== eosToken && !isEndSpelling(tokenizer.tokenText(id)),
  );
  return [
    ["bos", bosToken],
    ["eos", eosToken],
    ["unknown", unknownToken],
    ["padding", paddingToken],
    ["eot", turnEnd],
    ["eom", messageEnd],
  ];
}

/** Composed characters only: GGUF knows no normalisation. */
const sample: readonly string[] = [
  "The quick brown fox doesn't jump; it's 12345.67 km away (or 1,234,567?) — they'll see, WE'VE said.",
  "机器翻译是把一种语言翻译成另一种语言。你好，世界！「繁體中文」 2024年3月14日",
  "Der Fluß läuft über Österreich; été où naïve; ¿Dónde está? Быстрая лиса прыгает через собаку.",
  "日本語のテキスト、한국어 문장, العربية, עברית, हिन्दी, ภาษาไทย, Tiếng Việt",
  "for (let i = 0; i < 100; i++) { total += x[i] ** 2; } // tab\there\n\tnext  two   three    four\r\n\n\nend",
  " leading, trailing ",
  "👩‍👩‍👧 👍🏽 🇩🇪 ∑∫√ ½ ™ \u00a0 \u3000 \u200b aaaaaaaaaaaaaaaa ---- ==== !!!! ....",
];

/** @throws BayLingError `tokenizer-not-supported` with the first text whose ids differ */
function checkSame(folder: Tokenizer, file: Tokenizer, source: string): void {
  for (const text of sample) {
    const [expected, received] = [folder, file].map((tokenizer) => tokenizer.encode(text).join(" "));
    if (expected === received) continue;
    throw new BayLingError("tokenizer-not-supported", {
      source,
      field: JSON.stringify(text),
      problem: "the tokenizer does something that GGUF has no words for",
      expected,
      received,
      remedy: "Load the folder as it is",
    });
  }
}
