import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Io } from "../io.ts";
import { screenOf } from "../testing/screen.ts";
import { Terminal } from "./terminal.ts";
import { textWidth } from "./text-width.ts";
import { TextWriter } from "./text-writer.ts";

/** What is written for a text in pieces. */
async function written(
  pieces: readonly string[],
  { columns, isTTY }: { columns: number; isTTY: boolean },
): Promise<string> {
  const stdout = Object.assign(new PassThrough({ highWaterMark: 1 << 20 }), { isTTY, columns });
  const io = { stdin: new PassThrough(), stdout, stderr: new PassThrough(), env: { NO_COLOR: "1" } };
  const writer = new TextWriter(new Terminal(io as unknown as Io));
  for (const piece of pieces) await writer.push(piece);
  await writer.end();
  return String(stdout.read() ?? "");
}

test("elsewhere than on a terminal, text is as it is, and ends its line", async () => {
  const red = "\u001b[31m";
  expect(await written(["a", `${red} b`], { columns: 4, isTTY: false })).toBe(`a${red} b\n`);
  expect(await written(["a\n"], { columns: 4, isTTY: false })).toBe("a\n");
});

test("words that grow past the edge move to the next line", async () => {
  const text = await written(["The qui", "ck bro", "wn fox jum", "ps over"], { columns: 12, isTTY: true });
  expect(screenOf(text, 12).map((line) => line.trimEnd())).toEqual(["The quick", "brown fox", "jumps over", ""]);
});

test("words that are longer than the line are cut, and CJK text breaks anywhere", async () => {
  const long = await written(["abcdefghijklm"], { columns: 5, isTTY: true });
  expect(screenOf(long, 5)).toEqual(["abcde", "fghij", "klm", ""]);
  const wide = await written(["漢字", "漢字漢"], { columns: 5, isTTY: true });
  expect(screenOf(wide, 5)).toEqual(["漢字", "漢字", "漢", ""]);
});

test("however a text is cut into pieces, a terminal shows all words in order and none is cut", async () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(words, fc.array(fc.nat(8)), fc.integer({ min: 12, max: 30 }), async (list, cuts, columns) => {
      const text = list.join(" ");
      const pieces: string[] = [];
      let start = 0;
      for (const cut of cuts) {
        pieces.push(text.slice(start, start + cut));
        start += cut;
      }
      pieces.push(text.slice(start));
      const lines = screenOf(await written(pieces, { columns, isTTY: true }), columns);
      expect(lines.every((line) => textWidth(line) <= columns)).toBe(true);
      expect(lines.flatMap((line) => line.split(" ")).filter((word) => word !== "")).toEqual(list);
    }),
  );
});

test("what a model writes cannot steer the terminal", async () => {
  expect(await written(["a\u001b[2Jb"], { columns: 80, isTTY: true })).toBe("a\ufffd[2Jb\n");
});
