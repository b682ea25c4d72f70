import { isUtf8 } from "node:buffer";
import { BayLingError } from "@bayling/core";
import { type ByteStreamOptions, readBytes } from "./byte-stream.ts";

/** A line without its end, or what is wrong with it. */
export interface TextLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  readonly problem?: "encoding" | "too-long" | undefined;
}

/** In bytes. No sentence is that long, and no document that belongs into a line. */
const longestLine = 2 ** 20;

/** Few, because texts that wait to be asked for outlive V8's young generation, and are garbage of the old one then. */
const linesOfBatch = 32;

/**
 * The lines of a UTF-8 file, in batches. Lines end in LF or CRLF; a byte order mark is no part of the first one. A line
 * that is no UTF-8, or longer than a megabyte, is there with its problem, and with the replacement character or no text.
 * @throws BayLingError `source-not-found`, `source-unreadable`, `bitext-invalid` for UTF-16
 */
export async function* readLines(file: string, options: ByteStreamOptions = {}): AsyncGenerator<readonly TextLine[]> {
  let number = 0;
  /** The beginning of a line whose end is still to come. */
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let isSkipping = false;
  let isFirst = true;
  for await (let chunk of readBytes(file, options)) {
    if (isFirst) {
      isFirst = false;
      chunk = withoutByteOrderMark(file, chunk);
    }
    const first = chunk.indexOf(10) + 1;
    if (first > 0) {
      if (isSkipping) yield [{ number: ++number, text: "", problem: "too-long" }];
      else number = yield* linesOf(Buffer.concat([...rest, chunk.subarray(0, first)]), number);
      isSkipping = false;
      rest = [];
      restBytes = 0;
    }
    const end = chunk.lastIndexOf(10) + 1;
    if (end > first) number = yield* linesOf(chunk.subarray(first, end), number);
    if (end === chunk.length || isSkipping) continue;
    rest.push(new Uint8Array(chunk.subarray(end)));
    restBytes += chunk.length - end;
    if (restBytes > longestLine) {
      isSkipping = true;
      rest = [];
      restBytes = 0;
    }
  }
  if (isSkipping) yield [{ number: number + 1, text: "", problem: "too-long" }];
  if (restBytes > 0) yield* linesOf(Buffer.concat([...rest, Uint8Array.of(10)]), number);
}

/** The lines of a block that ends with one. @returns the number of the last line */
function* linesOf(block: Uint8Array, before: number): Generator<readonly TextLine[], number> {
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const isValid = isUtf8(buffer);
  let number = before;
  let lines: TextLine[] = [];
  for (let start = 0; start < buffer.length; ) {
    const end = buffer.indexOf(10, start);
    const last = end > start && buffer[end - 1] === 13 ? end - 1 : end;
    // A text for each line: a slice of the whole block would keep it alive with any line that somebody keeps.
    const text = buffer.toString("utf8", start, last);
    number++;
    if (last - start > longestLine) lines.push({ number, text: "", problem: "too-long" });
    else if (isValid || isUtf8(buffer.subarray(start, last))) lines.push({ number, text });
    else lines.push({ number, text, problem: "encoding" });
    start = end + 1;
    if (lines.length === linesOfBatch) {
      yield lines;
      lines = [];
    }
  }
  if (lines.length > 0) yield lines;
  return number;
}

function withoutByteOrderMark(file: string, chunk: Uint8Array): Uint8Array {
  const [first, second, third] = chunk;
  if (first === 0xef && second === 0xbb && third === 0xbf) return chunk.subarray(3);
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new BayLingError("bitext-invalid", {
      source: file,
      problem: "the file is UTF-16",
      expected: "UTF-8",
      remedy: "Convert it, for example with iconv",
    });
  }
  return chunk;
}
