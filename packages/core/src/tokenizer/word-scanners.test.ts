import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { awkwardTexts } from "../testing/vocabularies.ts";
import { characterClass, LETTER, MARK, NUMBER, OTHER, SPACE } from "./character-class.ts";
import { WordBoundaries } from "./word-boundaries.ts";
import { cl100kScanner, patternScanner, scanGpt2Words, sequenceScanner, type WordScanner } from "./word-scanners.ts";

function words(scan: WordScanner, text: string, start = 0, end: number = text.length): string[] {
  const ends = new WordBoundaries();
  scan(text, start, end, ends);
  const result: string[] = [];
  for (let index = 0; index < ends.length; index++) {
    result.push(text.slice(index === 0 ? start : ends.at(index - 1), ends.at(index)));
  }
  return result;
}

const spaces = "\\p{White_Space}";
const rest = `${spaces}*[\\r\\n]+|${spaces}+(?!\\P{White_Space})|${spaces}+`;
const contraction = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";

function cl100k(digits: string): RegExp {
  return new RegExp(
    `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\p{White_Space}\\p{L}\\p{N}]+[\\r\\n]*|${rest}`,
    "gu",
  );
}

const oracles: readonly [name: string, scan: WordScanner, pattern: RegExp][] = [
  [
    "GPT-2",
    scanGpt2Words,
    new RegExp(
      `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|${spaces}+(?!\\P{White_Space})|${spaces}+`,
      "gu",
    ),
  ],
  ["LLaMA 3", cl100kScanner(3, false), cl100k("\\p{N}{1,3}")],
  ["Qwen 2", cl100kScanner(1, false), cl100k("\\p{N}")],
  [
    "Qwen 3.5",
    cl100kScanner(1, true),
    new RegExp(
      `${contraction}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\p{White_Space}\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${rest}`,
      "gu",
    ),
  ],
];

/** Strings in which the alternatives of the patterns meet, more often than in random ones. */
const busyText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ..."aZsStTeElLrRvVmMdD'' \n\r\t12.,!\u00a0\u0085\u2003\ufeffé中٣½\u0301\u200d\u0000".split(""),
      "😀",
      "𝒳",
      "𝟙",
      "\ud800",
      "\udc00",
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

describe.each(oracles)("words of %s", (_name, scan, pattern) => {
  it.each(awkwardTexts)("cuts %j as the pattern does", (text) => {
    expect(words(scan, text)).toEqual(text.match(pattern) ?? []);
  });

  it("cuts any text as the pattern does", () => {
    fc.assert(
      fc.property(fc.oneof(busyText, fc.string({ unit: "binary" })), (text) => {
        expect(words(scan, text)).toEqual(text.match(pattern) ?? []);
      }),
      { numRuns: 2000 },
    );
  });

  it("looks no further than the part it is given", () => {
    fc.assert(
      fc.property(busyText, busyText, busyText, (before, text, after) => {
        const end = before.length + text.length;
        expect(words(scan, before + text + after, before.length, end)).toEqual(words(scan, text));
      }),
    );
  });
});

describe("sequenceScanner", () => {
  it("cuts the words of one scanner with the next", () => {
    const scan = sequenceScanner([patternScanner(/\p{N}/gu), scanGpt2Words]);
    expect(words(scan, "ab 12 cd!")).toEqual(["ab", " ", "1", "2", " cd", "!"]);
  });
});

describe("characterClass", () => {
  it("agrees with the regular expressions on every character of the basic plane and some beyond", () => {
    const classOf = (character: string): number => {
      if (/\p{L}/u.test(character)) return LETTER;
      if (/\p{N}/u.test(character)) return NUMBER;
      if (/\p{White_Space}/u.test(character)) return SPACE;
      return /\p{M}/u.test(character) ? MARK : OTHER;
    };
    const wrong: number[] = [];
    const check = (codePoint: number): void => {
      if (characterClass(codePoint) !== classOf(String.fromCodePoint(codePoint))) wrong.push(codePoint);
    };
    for (let codePoint = 0; codePoint < 0x10000; codePoint++) check(codePoint);
    for (let codePoint = 0x10000; codePoint < 0x110000; codePoint += 97) check(codePoint);
    expect(wrong).toEqual([]);
  });
});
