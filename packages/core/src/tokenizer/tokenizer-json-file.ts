import { BayLingError } from "../errors.ts";
import { GgufStringArray } from "../formats/gguf-string-array.ts";
import type { NamedTokens } from "./bpe-tokenizer.ts";
import { endTokensOf, isEndSpelling } from "./end-tokens.ts";
import { JsonReader } from "./json-reader.ts";
import type { SpecialToken } from "./special-tokens.ts";
import type { TokenRoles } from "./token-roles.ts";
import { TokenType } from "./token-type.ts";
import { readPipeline, type TokenizerJsonPipeline } from "./tokenizer-json-pipeline.ts";
import { byteOfSpelling } from "./vocabulary.ts";

/** `tokenizer.json` says what tokens are, not what they are for; these are the usual spellings, the likeliest first. */
const bosSpellings = ["<s>", "<|begin_of_text|>", "<bos>"];
const eosSpellings = ["</s>", "<|end_of_text|>", "<|endoftext|>", "<eos>", "<|eot_id|>", "<|im_end|>"];
const paddingSpellings = ["<pad>", "[PAD]", "<|pad|>", "<|finetune_right_pad_id|>"];

/** A pair of spellings that merge. */
export type MergePair = readonly [left: string, right: string];

/** What a `tokenizer.json` with a BPE model says. */
export interface TokenizerJsonFile {
  readonly source: string;
  /** By spelling. */
  readonly ids: ReadonlyMap<string, number>;
  /** By id; ids that no token has are spelled with nothing. */
  readonly spellings: GgufStringArray;
  /** One of `TokenType` each. */
  readonly types: Uint8Array;
  /** In the order of their ranks: read when they are asked for, since there are hundreds of thousands. */
  readonly merges: Iterable<MergePair>;
  readonly mergeCount: number;
  readonly added: readonly SpecialToken[];
  readonly pipeline: TokenizerJsonPipeline;
  readonly fuseUnknown: boolean;
  /** A word that is a token as a whole is taken as it is. */
  readonly wholeWords: boolean;
  readonly named: NamedTokens;
  readonly addsBos: boolean;
}

/**
 * Reads a parsed `tokenizer.json`.
 * @param source what error messages call it
 * @param roles what the files beside it say of its tokens
 * @throws BayLingError `tokenizer-not-supported` that names the part which is not known, `tokenizer-invalid`
 */
export function readTokenizerJson(json: unknown, source: string, roles: TokenRoles): TokenizerJsonFile {
  const file = new JsonReader(json, source);
  const model = readModel(file);
  const added = withRoles(file, readAddedTokens(file), model.vocab, roles);
  const pipeline = readPipeline(file);
  const { ids, spellings } = numberSpellings(file, model.vocab, added);
  const types = new Uint8Array(spellings.length).fill(TokenType.normal);
  if (model.byteFallback) {
    for (let id = 0; id < types.length; id++) {
      if (byteOfSpelling(spellings.bytesAt(id)) !== undefined) types[id] = TokenType.byte;
    }
  }
  for (const { id, trustedOnly } of added) types[id] = trustedOnly ? TokenType.control : TokenType.userDefined;
  const unknown = model.unknownSpelling === undefined ? undefined : ids.get(model.unknownSpelling);
  if (unknown !== undefined) types[unknown] = TokenType.unknown;
  if (pipeline.firstToken !== undefined && pipeline.firstToken >= spellings.length) {
    throw file.invalid("post_processor", `ids below ${spellings.length}`, pipeline.firstToken);
  }
  const named = nameTokens(added, pipeline.firstToken, unknown, roles, spellings.length);
  return {
    ...{ source, ids, spellings, types, added, pipeline, named },
    merges: { [Symbol.iterator]: () => mergesOf(file, model.merges, ids) },
    mergeCount: model.merges.length,
    fuseUnknown: model.fuseUnknown,
    wholeWords: model.ignoreMerges,
    addsBos: named.bos !== undefined && (roles.addsBos ?? pipeline.firstToken !== undefined),
  };
}

interface BpeJsonModel {
  readonly vocab: Readonly<Record<string, unknown>>;
  readonly merges: readonly unknown[];
  readonly unknownSpelling: string | undefined;
  readonly fuseUnknown: boolean;
  readonly byteFallback: boolean;
  readonly ignoreMerges: boolean;
}

function readModel(file: JsonReader): BpeJsonModel {
  const model = file.object(file.root.model, "model");
  // Files of old releases have no type; only BPE has merges.
  const type = model.type ?? (model.merges === undefined ? "unknown" : "BPE");
  if (type !== "BPE") throw file.notSupported("model.type", type);
  for (const option of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if ((model[option] ?? "") !== "") throw file.notSupported(`model.${option}`, model[option]);
  }
  if ((model.dropout ?? 0) !== 0) throw file.notSupported("model.dropout", model.dropout);
  const unknown = model.unk_token ?? undefined;
  return {
    vocab: file.object(model.vocab, "model.vocab"),
    merges: file.array(model.merges, "model.merges"),
    unknownSpelling: unknown === undefined ? undefined : file.string(unknown, "model.unk_token"),
    fuseUnknown: model.fuse_unk === true,
    byteFallback: model.byte_fallback === true,
    ignoreMerges: model.ignore_merges === true,
  };
}

function readAddedTokens(file: JsonReader): SpecialToken[] {
  const added = file.root.added_tokens ?? [];
  return file.array(added, "added_tokens").map((value, index) => {
    const field = `added_tokens[${index}]`;
    const token = file.object(value, field);
    if (token.single_word === true) throw file.notSupported(`${field}.single_word`, "true");
    return {
      id: file.integer(token.id, `${field}.id`),
      text: file.string(token.content, `${field}.content`),
      trustedOnly: token.special === true,
      stripsBefore: token.lstrip === true,
      stripsAfter: token.rstrip === true,
    };
  });
}

/** Tokens that steer the model are controls, even where the file calls them words that anybody may write. */
function withRoles(
  file: JsonReader,
  added: readonly SpecialToken[],
  vocab: Readonly<Record<string, unknown>>,
  { bos, eos, padding }: TokenRoles,
): SpecialToken[] {
  const roles = new Set([bos, eos, padding].filter((text) => text !== undefined && text !== ""));
  const result = added.map((token) =>
    roles.has(token.text) || isEndSpelling(token.text) ? { ...token, trustedOnly: true } : token,
  );
  for (const { text } of added) roles.delete(text);
  for (const text of roles) {
    if (!Object.hasOwn(vocab, text!)) continue;
    const id = file.integer(vocab[text!], "model.vocab");
    result.push({ id, text: text!, trustedOnly: true, stripsBefore: false, stripsAfter: false });
  }
  return result;
}

/** The spelling of each id, and back. Ids that no token has are spelled with nothing. */
function numberSpellings(
  file: JsonReader,
  vocab: Readonly<Record<string, unknown>>,
  added: readonly SpecialToken[],
): { ids: Map<string, number>; spellings: GgufStringArray } {
  const ids = new Map<string, number>();
  for (const spelling of Object.keys(vocab)) ids.set(spelling, file.integer(vocab[spelling], "model.vocab"));
  for (const { text, id } of added) ids.set(text, id);
  let size = 0;
  for (const id of ids.values()) size = Math.max(size, id + 1);
  // Two added tokens of one content: only one has it in `ids`.
  for (const { id } of added) size = Math.max(size, id + 1);
  // A few numbers may be free, but a huge one must not make a huge table.
  if (size > ids.size * 2 + 1024) throw file.invalid("model.vocab", `ids near the ${ids.size} tokens`, size - 1);
  const spellings: string[] = new Array(size).fill("");
  for (const [spelling, id] of ids) {
    if (spellings[id] !== "") {
      throw new BayLingError("tokenizer-invalid", {
        source: file.source,
        field: "model.vocab",
        problem: "two tokens have the same id",
        received: `${JSON.stringify(spellings[id])} and ${JSON.stringify(spelling)}, both ${id}`,
      });
    }
    spellings[id] = spelling;
  }
  return { ids, spellings: GgufStringArray.from(spellings) };
}

/** Merges are pairs of spellings, in old files one string with a space between. */
function* mergesOf(
  file: JsonReader,
  merges: readonly unknown[],
  ids: ReadonlyMap<string, number>,
): Generator<MergePair> {
  for (const [rank, merge] of merges.entries()) {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string") {
      throw file.invalid(`model.merges[${rank}]`, "two spellings", merge);
    }
    const [left, right] = pair;
    if (!ids.has(left) || !ids.has(right) || !ids.has(left + right)) {
      throw file.invalid(`model.merges[${rank}]`, "two tokens that together spell a third", pair.join(" "));
    }
    yield [left, right];
  }
}

function nameTokens(
  added: readonly SpecialToken[],
  firstToken: number | undefined,
  unknown: number | undefined,
  roles: TokenRoles,
  size: number,
): NamedTokens {
  const controls = new Map(added.filter(({ trustedOnly }) => trustedOnly).map(({ text, id }) => [text, id]));
  const firstOf = (spellings: readonly (string | undefined)[]): number | undefined =>
    spellings.map((spelling) => controls.get(spelling ?? "")).find((id) => id !== undefined);
  const eos = firstOf([roles.eos, ...eosSpellings]);
  // Configurations outlive changes of the vocabulary; what is not there cannot end anything.
  const more = (roles.endIds ?? []).filter((id) => id < size);
  return {
    bos: firstToken ?? firstOf([roles.bos, ...bosSpellings]),
    eos,
    unknown,
    padding: firstOf([roles.padding, ...paddingSpellings]),
    end: endTokensOf(controls, [eos, ...more]),
  };
}
