import { describeValue } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { ReadOptions } from "../sources/byte-source.ts";
import { type FolderFile, parseJsonObject, readFolderFile, type SourceFolder } from "../sources/source-folder.ts";
import type { AddedToken, TokenRoles } from "../tokenizer/token-roles.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { createTokenizerFromSentencePiece } from "../tokenizer/tokenizer-from-sentencepiece.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const code = "tokenizer-invalid";

/** The largest `tokenizer.json` has some 30 MB. */
const mostVocabularyBytes = 256 * 1024 * 1024;
const mostSettingsBytes = 16 * 1024 * 1024;

export interface HuggingFaceTokenizer {
  readonly tokenizer: Tokenizer;
  /** Jinja, as the folder brings it. */
  readonly chatTemplate: string | undefined;
}

/** The files of a tokenizer, read as far as both making one and writing GGUF need them. */
export interface TokenizerFiles {
  readonly roles: TokenRoles;
  readonly chatTemplate: string | undefined;
  readonly vocabulary: VocabularyFile;
}

export type VocabularyFile =
  | { readonly kind: "json"; readonly source: string; readonly json: JsonObject }
  | {
      readonly kind: "sentencepiece";
      readonly source: string;
      readonly bytes: Uint8Array;
      readonly added: readonly AddedToken[];
    };

/**
 * Reads the tokenizer of a folder: `tokenizer.json`, else `tokenizer.model`, and what the files beside them say.
 * @param config `config.json`, parsed
 * @throws BayLingError `source-not-found` without either, `tokenizer-invalid`, `tokenizer-not-supported`, and what
 * reading throws
 */
export async function readHuggingFaceTokenizer(
  folder: SourceFolder,
  config: JsonObject,
  options: ReadOptions,
): Promise<HuggingFaceTokenizer> {
  const { vocabulary, roles, chatTemplate } = await readTokenizerFiles(folder, config, options);
  return { tokenizer: await createHuggingFaceTokenizer(vocabulary, roles), chatTemplate };
}

/** @throws BayLingError `tokenizer-invalid`, `tokenizer-not-supported` */
export async function createHuggingFaceTokenizer(file: VocabularyFile, roles: TokenRoles): Promise<Tokenizer> {
  if (file.kind === "sentencepiece")
    return createTokenizerFromSentencePiece(file.bytes, file.source, file.added, roles);
  const { createTokenizerFromJson } = await import("../tokenizer/tokenizer-from-json.ts");
  return createTokenizerFromJson(file.json, file.source, roles);
}

/** @throws BayLingError as {@link readHuggingFaceTokenizer} does */
export async function readTokenizerFiles(
  folder: SourceFolder,
  config: JsonObject,
  { signal }: ReadOptions,
): Promise<TokenizerFiles> {
  const file = (name: string, most = mostSettingsBytes) => readFolderFile(folder, name, { most, code, signal });
  const json = async (name: string) => {
    const found = await file(name);
    return found && new Settings(found);
  };
  // At once: over the network each takes its time, even to say that it is not there.
  const [settings, generation, specials, jinja] = await Promise.all([
    json("tokenizer_config.json"),
    json("generation_config.json"),
    json("special_tokens_map.json"),
    file("chat_template.jinja"),
  ]);
  const names = [settings, specials];
  const eos = spelling("eos_token", names);
  const bos = spelling("bos_token", names);
  const roles: TokenRoles = {
    // Hazard: folders from the first weeks of LLaMA, BayLing's among them, give every role to "</s>". No model begins
    // its text with the end, and the vocabulary says what it begins with.
    bos: bos === "</s>" ? undefined : bos,
    eos,
    padding: spelling("pad_token", names),
    addsBos: settings?.boolean("add_bos_token"),
    endIds: endIds(generation?.json.eos_token_id ?? config.eos_token_id, generation?.source ?? folder.name),
  };
  const chatTemplate = jinja === undefined ? settings?.chatTemplate() : new TextDecoder().decode(jinja.bytes);

  const found = await file("tokenizer.json", mostVocabularyBytes);
  if (found !== undefined) {
    const { source } = found;
    return { roles, chatTemplate, vocabulary: { kind: "json", source, json: parseJsonObject(found, code) } };
  }
  const pieces = await file("tokenizer.model", mostVocabularyBytes);
  if (pieces !== undefined) {
    const { source, bytes } = pieces;
    const added = settings?.addedTokens() ?? listedTokens(await json("added_tokens.json"), names);
    return { roles, chatTemplate, vocabulary: { kind: "sentencepiece", source, bytes, added } };
  }
  throw new BayLingError("source-not-found", {
    source: folder.name,
    problem: "there is no tokenizer in the folder",
    expected: "tokenizer.json or tokenizer.model",
    remedy: "Download it too",
  });
}

/** A file of settings, whose values may have any type. */
class Settings {
  readonly source: string;
  readonly json: JsonObject;

  constructor(file: FolderFile) {
    this.source = file.source;
    this.json = parseJsonObject(file, code);
  }

  boolean(field: string): boolean | undefined {
    const value = this.json[field] ?? undefined;
    if (value === undefined || typeof value === "boolean") return value;
    throw this.invalid(field, "true or false", value);
  }

  /** One template, or several with names, of which `default` is meant for chats. */
  chatTemplate(): string | undefined {
    const value = this.json.chat_template ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    if (!Array.isArray(value)) throw this.invalid("chat_template", "a string or a list of templates", value);
    const named = (value as readonly unknown[]).find((entry) => isObject(entry) && entry.name === "default");
    const template = (named as JsonObject | undefined)?.template;
    if (template === undefined || typeof template === "string") return template;
    throw this.invalid("chat_template", "templates that are strings", template);
  }

  /** `added_tokens_decoder`: tokens by their ids. */
  addedTokens(): readonly AddedToken[] | undefined {
    const field = "added_tokens_decoder";
    const value = this.json[field] ?? undefined;
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.invalid(field, "an object", value);
    return Object.entries(value).map(([id, token]) => {
      if (!isObject(token) || typeof token.content !== "string") throw this.invalid(field, "tokens", token);
      return { id: this.#id(Number(id), field), text: token.content, special: token.special === true };
    });
  }

  /** All entries of a file that holds nothing but ids by spelling. */
  ids(): readonly (readonly [spelling: string, id: number])[] {
    return Object.entries(this.json).map(([text, id]) => [text, this.#id(id, text)]);
  }

  #id(value: unknown, field: string): number {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.invalid(field, "ids, whole numbers from 0", value);
  }

  invalid(field: string, expected: string, value: unknown): BayLingError {
    return new BayLingError(code, {
      source: this.source,
      field,
      problem: "the value is not what the format says",
      expected,
      received: describeValue(value),
    });
  }
}

/** `added_tokens.json` of old folders does not say which of its tokens are special; those with a role are. */
function listedTokens(list: Settings | undefined, names: readonly (Settings | undefined)[]): readonly AddedToken[] {
  const roles = names.flatMap((settings) => Object.values(settings?.json ?? {})).flat();
  const special = new Set(roles.map(textOfToken));
  return list?.ids().map(([text, id]) => ({ id, text, special: special.has(text) })) ?? [];
}

/** The spelling of a token with a role, from the first file that names it. */
function spelling(role: string, files: readonly (Settings | undefined)[]): string | undefined {
  return files.map((settings) => textOfToken(settings?.json[role])).find((text) => text !== undefined && text !== "");
}

/** A token as `transformers` writes it: its spelling, or an object with it. */
function textOfToken(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return isObject(value) && typeof value.content === "string" ? value.content : undefined;
}

function endIds(value: unknown, source: string): readonly number[] {
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value ?? []].flat();
  for (const id of ids) {
    if (typeof id === "number" && Number.isSafeInteger(id)) continue;
    throw new BayLingError(code, {
      source,
      field: "eos_token_id",
      problem: "the value is not what the format says",
      expected: "an id, or a list of them",
      received: describeValue(id),
    });
  }
  // -1 stands for none in old files.
  return (ids as readonly number[]).filter((id) => id >= 0);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
