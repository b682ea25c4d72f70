import { BayLingError } from "../errors.ts";
import type { GgufMetadata } from "../formats/gguf-metadata.ts";
import type { GgufStringArray } from "../formats/gguf-string-array.ts";
import { BpeTokenizer, type NamedTokens } from "./bpe-tokenizer.ts";
import { ranksOfLines } from "./byte-level-bpe.ts";
import { endTokensOf, isEndSpelling } from "./end-tokens.ts";
import { preTokenizerNamed } from "./pre-tokenizer.ts";
import { keepsSpacesInFront, ranksOfScores } from "./sentencepiece-bpe.ts";
import type { SpecialToken } from "./special-tokens.ts";
import { TokenType } from "./token-type.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { byteOfSpelling, byteTokensOf, Vocabulary } from "./vocabulary.ts";
import { scanSpacedWords, scanWholeText } from "./word-scanners.ts";

const TOKENS = "tokenizer.ggml.tokens";
const SCORES = "tokenizer.ggml.scores";
const TYPES = "tokenizer.ggml.token_type";
const MERGES = "tokenizer.ggml.merges";

/**
 * The tokenizer of a GGUF file. Segments as llama.cpp does, with one difference: text never becomes a control, unknown
 * or byte token by merging, so that a person's `</s>` stays text in every vocabulary.
 * @param sourceName what error messages call the file
 * @param endTokens ids that end a reply, beside those that the file names
 * @throws BayLingError `tokenizer-not-supported`, `tokenizer-invalid`, `gguf-invalid`
 */
export function createTokenizerFromGguf(
  metadata: GgufMetadata,
  sourceName: string,
  endTokens: readonly number[] = [],
): Tokenizer {
  const model = metadata.requireString("tokenizer.ggml.model");
  if (model !== "llama" && model !== "gpt2") {
    throw new BayLingError("tokenizer-not-supported", {
      source: sourceName,
      field: "tokenizer.ggml.model",
      problem: "this kind of vocabulary is not supported",
      expected: '"llama" (SentencePiece BPE) or "gpt2" (byte-level BPE)',
      received: JSON.stringify(model.slice(0, 80)),
    });
  }
  const spellings = metadata.requireStrings(TOKENS);
  if (spellings.length === 0) {
    throw new BayLingError("tokenizer-invalid", {
      source: sourceName,
      field: TOKENS,
      problem: "the vocabulary is empty",
    });
  }
  const sentencePiece = model === "llama";
  const named = readNamedTokens(metadata, sourceName, spellings.length, sentencePiece);
  const types = readTypes(metadata, sourceName, spellings, named);
  const specials = specialTokensOf(spellings, types);
  const controls = new Map(specials.filter(({ trustedOnly }) => trustedOnly).map(({ text, id }) => [text, id]));
  const end = endTokensOf(controls, [named.eos, named.turnEnd, named.messageEnd, ...endTokens]);
  const shared = {
    source: sourceName,
    specialTokens: specials,
    overlaps: "longest",
    normalize: undefined,
    named: { ...named, end },
  } as const;
  return sentencePiece
    ? sentencePieceTokenizer(metadata, spellings, types, shared)
    : byteLevelTokenizer(metadata, spellings, types, shared);
}

interface SharedParts {
  readonly source: string;
  readonly specialTokens: readonly SpecialToken[];
  readonly overlaps: "longest";
  readonly normalize: undefined;
  readonly named: NamedTokens;
}

function sentencePieceTokenizer(
  metadata: GgufMetadata,
  spellings: GgufStringArray,
  types: Uint8Array,
  shared: SharedParts,
): Tokenizer {
  const { source, named } = shared;
  const vocabulary = new Vocabulary(spellings, types, "spaced-text", source, TOKENS);
  const scores = metadata.requireNumbers(SCORES);
  checkLength(scores.length, SCORES, spellings.length, source);
  const spacePrefix = (metadata.boolean("tokenizer.ggml.add_space_prefix") ?? true) ? "always" : "none";
  return new BpeTokenizer({
    ...shared,
    kind: "sentencepiece-bpe",
    vocabulary,
    model: {
      ranks: ranksOfScores(scores, source, SCORES),
      symbols: "characters",
      byteTokens: byteTokensOf(vocabulary),
      unknownToken: named.unknown,
      fuseUnknown: false,
      spaceSymbol: true,
      wholeWords: false,
    },
    scan: keepsSpacesInFront(vocabulary) ? scanSpacedWords : scanWholeText,
    spacePrefix,
    stripsPrefix: spacePrefix === "always",
    addsBos: named.bos !== undefined && (metadata.boolean("tokenizer.ggml.add_bos_token") ?? true),
  });
}

function byteLevelTokenizer(
  metadata: GgufMetadata,
  spellings: GgufStringArray,
  types: Uint8Array,
  shared: SharedParts,
): Tokenizer {
  const { source, named } = shared;
  const preTokenizer = preTokenizerNamed(metadata.string("tokenizer.ggml.pre"), source);
  const vocabulary = new Vocabulary(spellings, types, "bytes", source, TOKENS);
  return new BpeTokenizer({
    ...shared,
    kind: "byte-level-bpe",
    vocabulary,
    model: {
      ranks: ranksOfLines(vocabulary, metadata.requireStrings(MERGES), source, MERGES),
      symbols: "bytes",
      byteTokens: byteTokensOf(vocabulary),
      unknownToken: named.unknown,
      fuseUnknown: false,
      spaceSymbol: false,
      wholeWords: preTokenizer.wholeWords,
    },
    scan: preTokenizer.scan,
    spacePrefix: "none",
    stripsPrefix: false,
    addsBos: named.bos !== undefined && (metadata.boolean("tokenizer.ggml.add_bos_token") ?? preTokenizer.addsBos),
  });
}

interface GgufNamedTokens extends Omit<NamedTokens, "end"> {
  readonly turnEnd: number | undefined;
  readonly messageEnd: number | undefined;
}

/** SentencePiece files that name no ids mean LLaMA's: `<unk>` 0, `<s>` 1, `</s>` 2. */
function readNamedTokens(
  metadata: GgufMetadata,
  source: string,
  size: number,
  sentencePiece: boolean,
): GgufNamedTokens {
  const read = (name: string, implied?: number): number | undefined => {
    const field = `tokenizer.ggml.${name}_token_id`;
    const id = metadata.number(field);
    if (id === undefined) return sentencePiece && implied !== undefined && implied < size ? implied : undefined;
    if (Number.isInteger(id) && id >= 0 && id < size) return id;
    throw new BayLingError("tokenizer-invalid", {
      source,
      field,
      problem: "there is no such token in the vocabulary",
      expected: `an integer from 0 to ${size - 1}`,
      received: String(id),
    });
  };
  return {
    bos: read("bos", 1),
    eos: read("eos", 2),
    unknown: read("unknown", 0),
    padding: read("padding"),
    turnEnd: read("eot"),
    messageEnd: read("eom"),
  };
}

function readTypes(
  metadata: GgufMetadata,
  source: string,
  spellings: GgufStringArray,
  named: GgufNamedTokens,
): Uint8Array {
  const given = metadata.numbers(TYPES);
  const types = new Uint8Array(spellings.length).fill(TokenType.normal);
  if (given === undefined) {
    for (let id = 0; id < types.length; id++) {
      if (byteOfSpelling(spellings.bytesAt(id)) !== undefined) types[id] = TokenType.byte;
    }
    if (named.unknown !== undefined) types[named.unknown] = TokenType.unknown;
    for (const id of [named.bos, named.eos, named.turnEnd, named.messageEnd]) {
      if (id !== undefined) types[id] = TokenType.control;
    }
    return types;
  }
  checkLength(given.length, TYPES, spellings.length, source);
  for (let id = 0; id < types.length; id++) {
    const type = given[id]!;
    types[id] = type >= TokenType.normal && type <= TokenType.byte ? type : TokenType.undefined;
    // Some converters mark the end of a turn as a word that anybody may write.
    if (type === TokenType.userDefined && isEndSpelling(spellings.at(id))) types[id] = TokenType.control;
  }
  return types;
}

function specialTokensOf(spellings: GgufStringArray, types: Uint8Array): SpecialToken[] {
  const specials: SpecialToken[] = [];
  for (let id = 0; id < types.length; id++) {
    const type = types[id]!;
    const trustedOnly = type === TokenType.control || type === TokenType.unknown;
    if (!trustedOnly && type !== TokenType.userDefined) continue;
    const text = spellings.at(id);
    if (text !== "") specials.push({ id, text, trustedOnly, stripsBefore: false, stripsAfter: false });
  }
  return specials;
}

function checkLength(length: number, field: string, expected: number, source: string): void {
  if (length === expected) return;
  throw new BayLingError("tokenizer-invalid", {
    source,
    field,
    problem: "the array does not fit the vocabulary",
    expected: `${expected} entries, as ${TOKENS} has`,
    received: String(length),
  });
}
