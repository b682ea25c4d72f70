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

/**
 * The lines of a UTF-8 file, in batches. Lines end in LF or CRLF; a byte order mark is no part of the first one. A line
 * that is no UTF-8, or longer than a megabyte, is there with its problem, and with the replacement character or no text.
 * @throws BayLingError `source-not-found`, `source-unreadable`, `bitext-invalid` for UTF-16
 */
export async function* readLines(file: string, options: ByteStreamOptions = {}): AsyncGenerator<readonly TextLine[]> {
  let number = 0;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let isSkipping = false;
  let isFirst = true;
  for await (let chunk of readBytes(file, options)) {
    if (isFirst) {
      isFirst = false;
      chunk = withoutByteOrderMark(file, chunk);
    }
    const lines: TextLine[] = [];
    const end = chunk.lastIndexOf(10);
    if (end !== -1) {
      let block: Uint8Array = chunk.subarray(0, end + 1);
      if (isSkipping) {
        lines.push({ number: ++number, text: "", problem: "too-long" });
        block = block.subarray(block.indexOf(10) + 1);
        isSkipping = false;
      } else if (restBytes > 0) block = Buffer.concat([...rest, block]);
      number = splitBlock(block, number, lines);
      rest = [];
      restBytes = 0;
    }
    const tail = chunk.subarray(end + 1);
    if (tail.length > 0 && !isSkipping) {
      rest.push(tail);
      restBytes += tail.length;
      if (restBytes > longestLine) {
        isSkipping = true;
        rest = [];
        restBytes = 0;
      }
    }
    if (lines.length > 0) yield lines;
  }
  if (isSkipping) yield [{ number: number + 1, text: "", problem: "too-long" }];
  if (restBytes > 0) {
    const lines: TextLine[] = [];
    splitBlock(Buffer.concat([...rest, Uint8Array.of(10)]), number, lines);
    yield lines;
  }
}

/** @returns the number of the last line */
function splitBlock(block: Uint8Array, before: number, lines: TextLine[]): number {
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const isValid = isUtf8(buffer);
  let number = before;
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
  }
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
