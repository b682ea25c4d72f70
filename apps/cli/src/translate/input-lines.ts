import { visible } from "../output/text-width.ts";
import type { TextInput } from "./text-input.ts";

/** A line of what is to be translated. */
export interface InputLine {
  /** From 1, counted through all inputs: that of the translation in the output. */
  readonly number: number;
  /** For people: `line 12`, `notes.txt:12`. */
  readonly place: string;
  /** Undefined where it is no text. */
  readonly text: string | undefined;
  /** Why it is none. */
  readonly problem?: string;
  /** The line break that follows: `\n`, `\r\n`, or nothing at the very end. */
  readonly lineBreak: string;
}

/** More than any context holds; what has no line breaks at all is no text of lines. */
const longestLine = 16 * 1024 * 1024;

/** Lines of inputs one after the other, each read when it is asked for. */
export async function* readInputLines(
  inputs: readonly TextInput[],
  signal: AbortSignal,
): AsyncGenerator<InputLine, void, undefined> {
  let number = 0;
  for (const [index, input] of inputs.entries()) {
    let numberInInput = 0;
    for await (const { bytes, length, ended } of splitLines(input.read(signal))) {
      const last = index === inputs.length - 1;
      const carriageReturn = bytes.at(-1) === 0x0d && ended;
      number++;
      numberInInput++;
      yield {
        number,
        place: input.path === undefined ? `line ${numberInInput}` : `${visible(input.path)}:${numberInInput}`,
        // The next file begins on a line of its own.
        lineBreak: ended ? (carriageReturn ? "\r\n" : "\n") : last ? "" : "\n",
        ...decode(carriageReturn ? bytes.subarray(0, -1) : bytes, length, numberInInput === 1),
      };
    }
  }
}

function decode(bytes: Uint8Array, length: number, first: boolean): Pick<InputLine, "text" | "problem"> {
  if (length > longestLine) return { text: undefined, problem: `the line is longer than ${longestLine} bytes` };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: !first }).decode(bytes) };
  } catch {
    return { text: undefined, problem: "the line is not UTF-8" };
  }
}

interface RawLine {
  /** Without its line feed; cut where it is too long. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** A line feed stands behind it. */
  readonly ended: boolean;
}

async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine, void, undefined> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  const keep = (piece: Uint8Array) => {
    if (length <= longestLine) pieces.push(piece);
    length += piece.length;
  };
  const take = (ended: boolean): RawLine => {
    const line = { bytes: Buffer.concat(pieces), length, ended };
    pieces = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      keep(chunk.subarray(start, end));
      yield take(true);
      start = end + 1;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (length > 0) yield take(false);
}
