import { BayLingError } from "../errors.ts";
import { GgufMetadata } from "../formats/gguf-metadata.ts";
import { GgufStringArray } from "../formats/gguf-string-array.ts";
import type { GgufEntry } from "../formats/gguf-value.ts";
import { parseSentencePieceModel, type SentencePieceModel } from "./sentencepiece-model.ts";
import type { AddedToken, TokenRoles } from "./token-roles.ts";
import { TokenType } from "./token-type.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createTokenizerFromGguf } from "./tokenizer-from-gguf.ts";

/**
 * The tokenizer of a SentencePiece `tokenizer.model`: the one that GGUF files of such models hold, told in their way.
 * @param added tokens of the files beside it
 * @param roles what the files beside it say of the tokens
 * @throws BayLingError `tokenizer-invalid`, `tokenizer-not-supported`
 */
export function createTokenizerFromSentencePiece(
  bytes: Uint8Array,
  sourceName: string,
  added: readonly AddedToken[],
  roles: TokenRoles,
): Tokenizer {
  const metadata = sentencePieceMetadata(bytes, sourceName, added, roles);
  const size = metadata.requireStrings("tokenizer.ggml.tokens").length;
  const end = (roles.endIds ?? []).filter((id) => id < size);
  return createTokenizerFromGguf(metadata, sourceName, end);
}

/** The same as GGUF has it in its metadata. */
export function sentencePieceMetadata(
  bytes: Uint8Array,
  sourceName: string,
  added: readonly AddedToken[],
  roles: TokenRoles,
): GgufMetadata {
  const model = parseSentencePieceModel(bytes, sourceName);
  const { spellings, types } = withAdded(model, added, sourceName);
  const size = spellings.length;
  const scores = new Float32Array(size);
  scores.set(model.scores);
  const entries = new Map<string, GgufEntry>([
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.scores", { type: "array", value: { elementType: "float32", values: scores } }],
    ["tokenizer.ggml.token_type", { type: "array", value: { elementType: "uint8", values: types } }],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: roles.addsBos ?? true }],
    ["tokenizer.ggml.add_space_prefix", { type: "bool", value: model.prefixesSpace }],
  ]);
  const name = (role: string, spelling: string | undefined, id: number, type?: number) => {
    const spelled = spelling === undefined ? -1 : spellings.indexOf(spelling);
    const named = spelled >= 0 ? spelled : id;
    if (named < 0 || named >= size) return;
    if (type !== undefined) types[named] = type;
    entries.set(`tokenizer.ggml.${role}_token_id`, { type: "uint32", value: named });
  };
  name("unknown", undefined, model.unknown);
  name("bos", roles.bos, model.bos, TokenType.control);
  name("eos", roles.eos, model.eos, TokenType.control);
  name("padding", roles.padding, model.padding);
  const strings = GgufStringArray.from(spellings);
  entries.set("tokenizer.ggml.tokens", { type: "array", value: { elementType: "string", values: strings } });
  return new GgufMetadata(sourceName, entries);
}

/** The vocabulary with the tokens that were added to it; numbers that are left free between them stay without use. */
function withAdded(
  { spellings: trained, types: trainedTypes }: SentencePieceModel,
  added: readonly AddedToken[],
  source: string,
): { readonly spellings: readonly string[]; readonly types: Uint8Array<ArrayBuffer> } {
  const size = added.reduce((most, { id }) => Math.max(most, id + 1), trained.length);
  // A few numbers may be free, but a huge one must not make a huge table.
  if (size > trained.length + 2 * added.length + 1024) {
    throw new BayLingError("tokenizer-invalid", {
      source,
      field: "added tokens",
      problem: "an added token has a number far from all others",
      expected: `ids near the ${trained.length} tokens`,
      received: String(size - 1),
    });
  }
  const spellings = Array.from({ length: size }, (_, id) => trained[id] ?? `[PAD${id}]`);
  const types = new Uint8Array(size).fill(TokenType.unused);
  types.set(trainedTypes);
  for (const { id, text, special } of added) {
    if (id < trained.length && trained[id] !== text) {
      throw new BayLingError("tokenizer-invalid", {
        source,
        field: "added tokens",
        problem: "two tokens have the same id",
        received: `${JSON.stringify(trained[id])} and ${JSON.stringify(text)}, both ${id}`,
      });
    }
    spellings[id] = text;
    if (types[id] !== TokenType.unknown) types[id] = special ? TokenType.control : TokenType.userDefined;
  }
  return { spellings, types };
}
