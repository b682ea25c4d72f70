import fc from "fast-check";
import { expect, test } from "vitest";
import { type InputLine, readInputLines } from "./input-lines.ts";
import type { TextInput } from "./text-input.ts";

function input(bytes: Uint8Array, size: number, path?: string): TextInput {
  return {
    path,
    async *read() {
      for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
    },
  };
}

async function linesOf(...inputs: TextInput[]): Promise<InputLine[]> {
  const lines: InputLine[] = [];
  for await (const line of readInputLines(inputs, new AbortController().signal)) lines.push(line);
  return lines;
}

const encode = (text: string) => new TextEncoder().encode(text);

test("lines and line breaks together are the input, however it arrives", async () => {
  const piece = fc.constantFrom("a", "é", "水", "\n", "\r\n", "\r", " ", "🙂");
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.integer({ min: 1, max: 7 }), async (pieces, size) => {
      const text = pieces.join("");
      const lines = await linesOf(input(encode(text), size));
      expect(lines.map((line) => line.text! + line.lineBreak).join("")).toBe(text);
      expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
      for (const line of lines) expect(line.text).not.toContain("\n");
    }),
  );
});

test("files follow each other on lines of their own, and are named", async () => {
  const lines = await linesOf(input(encode("a\nb"), 9, "x.txt"), input(encode(""), 9, "y.txt"), input(encode("c"), 9));
  expect(lines.map(({ place, text, lineBreak }) => [place, text, lineBreak])).toEqual([
    ["x.txt:1", "a", "\n"],
    ["x.txt:2", "b", "\n"],
    ["line 1", "c", ""],
  ]);
});

test("a byte order mark is no part of the first line", async () => {
  const lines = await linesOf(input(encode("\ufeffa\n\ufeffb\n"), 2));
  expect(lines.map(({ text }) => text)).toEqual(["a", "\ufeffb"]);
});

test("a line that is not UTF-8 is a problem of its own", async () => {
  const lines = await linesOf(input(new Uint8Array([0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a]), 1));
  expect(lines.map(({ text, problem }) => [text, problem])).toEqual([
    ["a", undefined],
    [undefined, "the line is not UTF-8"],
    ["b", undefined],
  ]);
});

test("a line without an end is not kept in memory", async () => {
  const endless: TextInput = {
    path: undefined,
    async *read() {
      for (let chunk = 0; chunk < 20; chunk++) yield new Uint8Array(2 ** 20).fill(0x61);
      yield encode("\nb\n");
    },
  };
  const lines = await linesOf(endless);
  expect(lines.map(({ text, problem }) => text ?? problem)).toEqual(["the line is longer than 16777216 bytes", "b"]);
});
