import { BayLingError } from "../errors.ts";
import { type ProtobufField, protobufFields } from "../formats/protobuf-reader.ts";

/** What a `tokenizer.model` says, of a SentencePiece model that merges pairs. */
export interface SentencePieceModel {
  readonly spellings: readonly string[];
  readonly scores: Float32Array<ArrayBuffer>;
  /** One of `TokenType` each: GGUF took the numbers from here. */
  readonly types: Uint8Array<ArrayBuffer>;
  /** Ids, or -1 for none. */
  readonly bos: number;
  readonly eos: number;
  readonly unknown: number;
  readonly padding: number;
  /** Whether a space is put in front of the text. */
  readonly prefixesSpace: boolean;
}

const code = "tokenizer-invalid";

/**
 * Reads a `tokenizer.model` (sentencepiece_model.proto of github.com/google/sentencepiece). What the file may say and
 * this SDK does not do, changing text before it is cut, is refused by name.
 * @throws BayLingError `tokenizer-invalid`, `tokenizer-not-supported`
 */
export function parseSentencePieceModel(bytes: Uint8Array, source: string): SentencePieceModel {
  const start = String.fromCharCode(...bytes.subarray(0, 40));
  // LLaMA 3 came with a list of base64 lines under the same name.
  if (/^(version https:|[\x20-\x7e\s]{40})/.test(start)) {
    throw new BayLingError(code, {
      source,
      problem: "this is not a SentencePiece model",
      received: start.startsWith("version https:") ? "a Git LFS pointer" : "text",
      remedy: "Download it again, or take the tokenizer.json",
    });
  }
  const pieces: Piece[] = [];
  let trainer: Specification = new Map();
  let normalizer: Specification = new Map();
  for (const { number, bytes: message } of protobufFields(bytes, source, code)) {
    if (message === undefined) continue;
    if (number === 1) pieces.push(readPiece(message, source));
    else if (number === 2) trainer = readSpecification(message, source);
    else if (number === 3) normalizer = readSpecification(message, source);
  }
  refuseOthers(trainer, normalizer, source);
  const id = (field: number, fallback: number) => trainer.get(field)?.value ?? fallback;
  return {
    spellings: pieces.map(({ spelling }) => spelling),
    scores: Float32Array.from(pieces, ({ score }) => score),
    types: Uint8Array.from(pieces, ({ type }) => type),
    unknown: id(40, 0),
    bos: id(41, 1),
    eos: id(42, 2),
    padding: id(43, -1),
    prefixesSpace: (normalizer.get(3)?.value ?? 1) !== 0,
  };
}

interface Piece {
  readonly spelling: string;
  readonly score: number;
  readonly type: number;
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const bits = new DataView(new ArrayBuffer(4));

function readPiece(message: Uint8Array, source: string): Piece {
  let spelling = "";
  let score = 0;
  let type = 1;
  for (const { number, value, bytes } of protobufFields(message, source, code)) {
    if (number === 1 && bytes !== undefined) spelling = decode(bytes, source);
    else if (number === 3) type = value;
    else if (number === 2) {
      bits.setInt32(0, value);
      score = bits.getFloat32(0);
    }
  }
  if (type >= 1 && type <= 6 && Number.isFinite(score)) return { spelling, score, type };
  throw new BayLingError(code, {
    source,
    field: "pieces",
    problem: "a piece makes no sense",
    expected: "a type from 1 to 6 and a finite score",
    received: `${JSON.stringify(spelling)} of type ${type}, score ${score}`,
  });
}

function decode(bytes: Uint8Array, source: string): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw new BayLingError(code, { source, field: "pieces", problem: "a piece is not UTF-8", cause });
  }
}

/** The last field of each number. */
type Specification = ReadonlyMap<number, ProtobufField>;

function readSpecification(message: Uint8Array, source: string): Specification {
  const fields = new Map<number, ProtobufField>();
  for (const field of protobufFields(message, source, code)) fields.set(field.number, field);
  return fields;
}

const modelTypes: Readonly<Record<number, string>> = { 1: "UNIGRAM", 2: "BPE", 3: "WORD", 4: "CHAR" };

function refuseOthers(trainer: Specification, normalizer: Specification, source: string): void {
  const refuse = (field: string, expected: string, received: string) =>
    new BayLingError("tokenizer-not-supported", {
      source,
      field,
      problem: "this part of the tokenizer is not supported",
      expected,
      received,
    });
  const type = trainer.get(3)?.value ?? 1;
  if (type !== 2) throw refuse("trainer_spec.model_type", "BPE", modelTypes[type] ?? String(type));
  const suffix = trainer.get(24)?.value ?? 0;
  if (suffix !== 0) throw refuse("trainer_spec.treat_whitespace_as_suffix", "false", "true");
  const rules = normalizer.get(2)?.bytes?.length ?? 0;
  if (rules > 0) throw refuse("normalizer_spec.precompiled_charsmap", "no rules", `${rules} bytes of rules`);
  // The format's own default is true, so a file that leaves it out means that.
  if ((normalizer.get(4)?.value ?? 1) !== 0) throw refuse("normalizer_spec.remove_extra_whitespaces", "false", "true");
  if ((normalizer.get(5)?.value ?? 1) === 0) throw refuse("normalizer_spec.escape_whitespaces", "true", "false");
}
