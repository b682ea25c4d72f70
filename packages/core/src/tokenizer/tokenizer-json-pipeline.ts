import { BayLingError } from "../errors.ts";
import type { SpacePrefix } from "./bpe-tokenizer.ts";
import type { JsonObject, JsonReader } from "./json-reader.ts";
import { coversAllText, gpt2Pattern, gpt2Scanner, scannerOfPattern } from "./pre-tokenizer.ts";
import { patternScanner, scanSingleSpacedWords, type WordScanner } from "./word-scanners.ts";

const SPACE_SYMBOL = "\u2581";

/** What a `tokenizer.json` does to text before it merges, and to bytes after. */
export interface TokenizerJsonPipeline {
  readonly alphabet: "bytes" | "spaced-text";
  readonly normalize: ((text: string) => string) | undefined;
  readonly spacePrefix: SpacePrefix;
  readonly stripsPrefix: boolean;
  /** In the order of the file; none when words are not cut at all. */
  readonly scanners: readonly WordScanner[];
  /** The patterns of those scanners, as far as they have one. */
  readonly patterns: readonly string[];
  /** The token that encoding puts first. */
  readonly firstToken: number | undefined;
}

/**
 * Reads the normalizer, pre-tokenizer, post-processor and decoder of a `tokenizer.json`.
 * @throws BayLingError `tokenizer-not-supported` that names a part which is not known, `tokenizer-invalid`
 */
export function readPipeline(file: JsonReader): TokenizerJsonPipeline {
  const state: PipelineState = {
    file,
    forms: [],
    spaced: false,
    byteLevel: false,
    prefix: "none",
    strips: false,
    scanners: [],
    patterns: [],
    firstToken: undefined,
  };
  for (const step of steps(file, "normalizer", "normalizers")) readNormalizer(state, step);
  const preTokenizers = steps(file, "pre_tokenizer", "pretokenizers");
  for (const step of preTokenizers) readPreTokenizer(state, step, preTokenizers.length === 1);
  for (const step of steps(file, "post_processor", "processors")) readPostProcessor(state, step);
  for (const step of steps(file, "decoder", "decoders")) readDecoder(state, step);
  if (state.spaced === state.byteLevel) {
    throw new BayLingError("tokenizer-not-supported", {
      source: file.source,
      field: "pre_tokenizer",
      problem: "the vocabulary is neither byte-level nor SentencePiece",
      expected: `a ByteLevel pre-tokenizer, or spaces that become ${SPACE_SYMBOL}`,
      received: state.spaced ? "both" : "neither",
    });
  }
  const { forms } = state;
  return {
    alphabet: state.byteLevel ? "bytes" : "spaced-text",
    normalize: forms.length === 0 ? undefined : (text) => forms.reduce((normal, form) => normal.normalize(form), text),
    spacePrefix: state.prefix,
    stripsPrefix: state.strips && state.prefix !== "none",
    scanners: state.scanners,
    patterns: state.patterns,
    firstToken: state.firstToken,
  };
}

interface PipelineState {
  readonly file: JsonReader;
  readonly forms: UnicodeForm[];
  spaced: boolean;
  byteLevel: boolean;
  prefix: SpacePrefix;
  strips: boolean;
  readonly scanners: WordScanner[];
  readonly patterns: string[];
  firstToken: number | undefined;
}

type UnicodeForm = "NFC" | "NFD" | "NFKC" | "NFKD";

interface Step {
  readonly type: string;
  readonly value: JsonObject;
  readonly field: string;
}

/** Real files have a handful; each is a pass over all text. */
const mostSteps = 64;

/** The steps of a part of the file, sequences laid out flat. */
function steps(file: JsonReader, part: string, list: string): readonly Step[] {
  const result: Step[] = [];
  const visit = (value: unknown, field: string, depth: number): void => {
    const object = file.object(value, field);
    const type = file.string(object.type, `${field}.type`);
    if (type !== "Sequence") {
      if (result.length >= mostSteps) throw file.notSupported(part, `more than ${mostSteps} steps`);
      result.push({ type, value: object, field });
      return;
    }
    const inner = file.array(object[list], `${field}.${list}`);
    if (depth > 8) throw file.notSupported(field, "a sequence within many sequences");
    for (const [index, step] of inner.entries()) visit(step, `${field}.${list}[${index}]`, depth + 1);
  };
  const value = file.root[part];
  if (value !== undefined && value !== null) visit(value, part, 0);
  return result;
}

function readNormalizer(state: PipelineState, { type, value, field }: Step): void {
  switch (type) {
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      state.forms.push(type);
      return;
    case "Prepend":
      if (value.prepend !== SPACE_SYMBOL) throw state.file.notSupported(`${field}.prepend`, value.prepend);
      state.prefix = "always";
      return;
    case "Replace":
      if (patternString(value) !== " " || value.content !== SPACE_SYMBOL) {
        throw state.file.notSupported(field, `Replace of ${patternString(value) ?? "a pattern"}`);
      }
      state.spaced = true;
      return;
    default:
      throw state.file.notSupported(field, type);
  }
}

function readPreTokenizer(state: PipelineState, step: Step, alone: boolean): void {
  const { type, value, field } = step;
  const { file } = state;
  // What the byte alphabet spells, no later pattern could read.
  if (state.byteLevel) throw file.notSupported(field, `${type} after ByteLevel`);
  switch (type) {
    case "ByteLevel":
      state.byteLevel = true;
      if (value.add_prefix_space === true) {
        if (!alone) throw file.notSupported(`${field}.add_prefix_space`, "true in a sequence");
        state.prefix = "unless-space";
      }
      if (value.use_regex !== false) addScanner(state, gpt2Pattern, gpt2Scanner);
      return;
    case "Metaspace":
      readMetaspace(state, step);
      return;
    case "Digits": {
      const pattern = value.individual_digits === true ? /\p{N}/gu : /\p{N}+/gu;
      addScanner(state, pattern.source, patternScanner(pattern));
      return;
    }
    case "Split":
      // Spaces are U+2581 by now, so there is nothing to split at (Gemma).
      if (!(state.spaced && patternString(value) === " ")) readSplit(state, step);
      return;
    default:
      throw file.notSupported(field, type);
  }
}

function readMetaspace(state: PipelineState, { value, field }: Step): void {
  if ((value.replacement ?? SPACE_SYMBOL) !== SPACE_SYMBOL) {
    throw state.file.notSupported(`${field}.replacement`, value.replacement);
  }
  state.spaced = true;
  const scheme = value.prepend_scheme ?? (value.add_prefix_space === false ? "never" : "always");
  if (scheme === "always") state.prefix = "unless-space";
  else if (scheme === "first") state.prefix = "first-unless-space";
  else if (scheme !== "never") throw state.file.notSupported(`${field}.prepend_scheme`, scheme);
  if (value.split !== false) state.scanners.push(scanSingleSpacedWords);
}

function addScanner(state: PipelineState, pattern: string, scanner: WordScanner): void {
  state.patterns.push(pattern);
  state.scanners.push(scanner);
}

function readSplit(state: PipelineState, { value, field }: Step): void {
  const { file } = state;
  const pattern = file.object(value.pattern, `${field}.pattern`);
  const literal = patternString(value);
  const source = literal === undefined ? file.string(pattern.Regex, `${field}.pattern.Regex`) : quoted(literal);
  const behavior = String(value.behavior ?? "Isolated").toLowerCase();
  const invert = value.invert === true;
  // Of a pattern that leaves no gaps, "remove all but the matches" is "isolate the matches".
  if (behavior !== "isolated" && !(behavior === "removed" && invert && coversAllText(source))) {
    throw file.notSupported(`${field}.behavior`, `${value.behavior}${invert ? ", inverted" : ""}`);
  }
  const scanner = scannerOfPattern(source);
  if (scanner === undefined) throw file.notSupported(`${field}.pattern`, source);
  addScanner(state, source, scanner);
}

function readPostProcessor(state: PipelineState, { type, value, field }: Step): void {
  const { file } = state;
  if (type === "ByteLevel") return;
  if (type !== "TemplateProcessing") throw file.notSupported(field, type);
  const leading: string[] = [];
  for (const [index, item] of file.array(value.single, `${field}.single`).entries()) {
    const place = `${field}.single[${index}]`;
    const object = file.object(item, place);
    // Tokens after the text would end the reply before it begins; encoding adds none.
    if (object.Sequence !== undefined) break;
    leading.push(file.string(file.object(object.SpecialToken, place).id, `${place}.SpecialToken.id`));
  }
  if (leading.length > 1) throw file.notSupported(`${field}.single`, `${leading.length} tokens before the text`);
  const [first] = leading;
  if (first === undefined) return;
  const tokens = file.object(value.special_tokens, `${field}.special_tokens`);
  const ids = file.array(file.object(tokens[first], `${field}.special_tokens`).ids, `${field}.special_tokens.ids`);
  if (ids.length !== 1) throw file.notSupported(`${field}.special_tokens`, `${ids.length} ids for one token`);
  state.firstToken = file.integer(ids[0], `${field}.special_tokens.ids[0]`);
}

function readDecoder(state: PipelineState, { type, value, field }: Step): void {
  switch (type) {
    case "ByteLevel":
    case "ByteFallback":
    case "Fuse":
      return;
    case "Metaspace":
      state.strips = true;
      return;
    case "Replace":
      if (patternString(value) === SPACE_SYMBOL && value.content === " ") return;
      throw state.file.notSupported(field, `Replace of ${patternString(value) ?? "a pattern"}`);
    case "Strip":
      if (value.content === " " && value.start === 1 && value.stop === 0) {
        state.strips = true;
        return;
      }
      throw state.file.notSupported(field, "Strip of something else than one leading space");
    default:
      throw state.file.notSupported(field, type);
  }
}

function patternString(value: JsonObject): string | undefined {
  const pattern = value.pattern;
  if (typeof pattern !== "object" || pattern === null) return undefined;
  const literal = (pattern as JsonObject).String;
  return typeof literal === "string" ? literal : undefined;
}

function quoted(literal: string): string {
  return literal.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&");
}
