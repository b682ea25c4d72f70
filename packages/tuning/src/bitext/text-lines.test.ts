import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readBytes } from "./byte-stream.ts";
import { collect, temporaryFiles } from "./testing/temporary-files.ts";
import { readLines } from "./text-lines.ts";

const write = temporaryFiles();
const linesOf = async (content: string | Uint8Array, name = "lines.txt") => {
  const { items, error } = await collect(readLines(write(name, content)));
  return { lines: items.flat(), error };
};

test("lines end in LF or CRLF, and the last one with the file", async () => {
  const { lines } = await linesOf("\ufeffeins\r\nzwei\n\n三\r四\u2028五");
  expect(lines).toEqual([
    { number: 1, text: "eins" },
    { number: 2, text: "zwei" },
    { number: 3, text: "" },
    { number: 4, text: "三\r四\u2028五" },
  ]);
  expect(await linesOf("")).toEqual({ lines: [], error: undefined });
});

test("lines are those of a decoder of the whole, packed or not, whatever the bytes and the members", async () => {
  const part = fc.oneof(
    fc.constantFrom("\n", "\r\n", "\r", "ä", "漢字", "😀", "x".repeat(70_000)),
    fc.uint8Array({ maxLength: 6 }),
  );
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 30 }), fc.boolean(), async (parts, packed) => {
      const pieces = parts.map((piece) => Buffer.from(piece as string));
      const bytes = Buffer.concat(pieces);
      fc.pre(
        !(bytes.length > 1 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))),
      );
      fc.pre(!(bytes[0] === 0x1f && bytes[1] === 0x8b));
      const stored = packed ? Buffer.concat([...pieces, Buffer.alloc(0)].map((piece) => gzipSync(piece))) : bytes;
      const { lines, error } = await linesOf(stored, `property-${round++ % 4}`);
      expect(error).toBeUndefined();
      const expected = new TextDecoder().decode(bytes).split("\n");
      if (expected.at(-1) === "") expected.pop();
      const isLong = (text: string) => text.length > 2 ** 20;
      expect(lines.map(({ text, problem }) => (problem === "too-long" ? "long" : text))).toEqual(
        expected.map((text) => {
          return isLong(text) ? "long" : text.replace(/\r$/, "");
        }),
      );
    }),
  );
});

test("broken UTF-8 and endless lines are problems of their lines alone", async () => {
  const long = Buffer.alloc(2 ** 20 + 1, 0x61);
  const bytes = Buffer.concat([
    Buffer.from("gut\n"),
    Buffer.from([0x61, 0xc3, 0x28, 10]),
    Buffer.from("ü\n"),
    ...[long, Buffer.from("\nnach\n"), long],
  ]);
  const { lines, error } = await linesOf(bytes);
  expect(error).toBeUndefined();
  expect(lines.map(({ number, text, problem }) => [number, problem ?? text])).toEqual([
    ...[
      [1, "gut"],
      [2, "encoding"],
      [3, "ü"],
      [4, "too-long"],
      [5, "nach"],
      [6, "too-long"],
    ],
  ]);
});

test("UTF-16 is refused by name", async () => {
  const { error } = await linesOf(Buffer.from("\ufeffHallo\n", "utf16le"));
  expect(error).toMatchObject({ code: "bitext-invalid" });
  expect(String(error)).toMatch(/lines\.txt: the file is UTF-16; expected UTF-8/);
});

test("of a truncated gzip file comes all that is in it, then an error with the file", async () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `${index} ${Math.imul(index, 2654435761) >>> 0}\n`).join(
    "",
  );
  const packed = gzipSync(text);
  const half = packed.subarray(0, packed.length >> 1);
  const { lines, error } = await linesOf(half, "half.gz");
  expect(error).toMatchObject({ code: "source-unreadable" });
  expect(String(error)).toContain("half.gz");
  // The lines that a decoder with all its patience finds, but the last one, which is cut.
  expect(lines.length).toBeGreaterThan(8000);
  const found = lines.map((line) => `${line.text}\n`).join("");
  expect(text.startsWith(found)).toBe(true);
});

test("damaged gzip data are an error, too", async () => {
  const packed = gzipSync("Hallo Welt, ".repeat(1000));
  packed[packed.length >> 1]! ^= 0xff;
  expect((await linesOf(packed, "damaged.gz")).error).toMatchObject({ code: "source-unreadable" });
});

test("reading stops with the reason of the signal", async () => {
  const file = write("much.txt", "x".repeat(300_000));
  const controller = new AbortController();
  const { items, error } = await collect(
    readBytes(file, { signal: controller.signal, onBytes: () => controller.abort("enough") }),
  );
  expect(error).toBe("enough");
  expect(items.length).toBe(1);
});
