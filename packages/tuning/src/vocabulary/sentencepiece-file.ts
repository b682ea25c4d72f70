import type { VocabularyPiece } from "./vocabulary-pieces.ts";

/**
 * A vocabulary as a `tokenizer.model` (sentencepiece_model.proto of github.com/google/sentencepiece): BPE, with byte
 * fallback, a space in front of texts, and text left as it is.
 */
export function sentencePieceFile(pieces: readonly VocabularyPiece[]): Uint8Array {
  const messages = pieces.map(({ spelling, score, type }) =>
    message(1, [bytesField(1, Buffer.from(spelling)), floatField(2, score), numberField(3, type)]),
  );
  const trainer = message(2, [
    ...[numberField(3, modelTypeBpe), numberField(4, pieces.length), numberField(35, 1)],
    ...[numberField(40, 0), numberField(41, 1), numberField(42, 2), numberField(43, -1)],
  ]);
  const normalizer = message(3, [
    bytesField(1, Buffer.from("identity")),
    ...[numberField(3, 1), numberField(4, 0), numberField(5, 1)],
  ]);
  return new Uint8Array(Buffer.concat([...messages, trainer, normalizer]));
}

const modelTypeBpe = 2;

function message(field: number, parts: readonly Buffer[]): Buffer {
  return bytesField(field, Buffer.concat(parts));
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
}

/** Negative numbers take ten bytes, as 64-bit numbers in two's complement. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const more = left > 0x7fn;
    bytes.push(Number(left & 0x7fn) | (more ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Buffer.from(bytes);
}
