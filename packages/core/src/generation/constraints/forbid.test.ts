import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom } from "../../testing/random-walk.ts";
import { type ForbiddenTermOptions, forbid } from "./forbid.ts";

/** Looks for a term in a finished text by a regular expression over composed characters. */
function holds(text: string, { term, matchCase = false, wholeWord }: ForbiddenTermOptions): boolean {
  const visible = (given: string) => given.normalize("NFC").replace(/[\u00ad\u200b\u2060\ufeff]/gu, "");
  const unspaced =
    "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tibetan}\\p{sc=Bopomofo}ー々〆";
  const spacedLetter = `(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}_])`;
  const letters = Array.from(visible(term).trim());
  const border = (letter: string) => {
    if (new RegExp(`^${spacedLetter}$`, "u").test(letter)) return wholeWord === false ? "" : spacedLetter;
    return wholeWord === true && new RegExp(`^[${unspaced}]$`, "u").test(letter) ? `(?:(?=[${unspaced}])[^])` : "";
  };
  const body = letters.map((letter) => {
    if (/\p{White_Space}/u.test(letter)) return "\\p{White_Space}+";
    const forms = new Set([letter]);
    if (!matchCase && letter.toUpperCase().length > letter.length) forms.add(letter.toUpperCase());
    return `(?:${[...forms].map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")).join("|")})`;
  });
  const [left, right] = [border(letters[0]!), border(letters.at(-1)!)];
  const source = `${left && `(?<!${left})`}${body.join("")}${right && `(?!${right})`}`;
  return new RegExp(source, matchCase ? "u" : "iu").test(visible(text));
}

describe("forbid", () => {
  it.each<[string | ForbiddenTermOptions, string, boolean]>([
    ["bank", "the bank", false],
    ["bank", "The BANK's", false],
    ["bank", "bankrupt banks embank", true],
    ["bank", "在bank工作", false],
    ["bank", "ban\u00adk", false],
    ["bank", "bank\u200b", false],
    ["bank", "", true],
    [{ term: "bank", wholeWord: false }, "embanked", false],
    [{ term: "Bank", matchCase: true }, "bank BANK", true],
    [{ term: "Bank", matchCase: true }, "Bank", false],
    ["银行", "去银行吧", false],
    [{ term: "银行", wholeWord: true }, "去银行吧", true],
    [{ term: "银行", wholeWord: true }, "去 银行, 吧", false],
    ["은행", "은행에", false],
    ["Straße", "die STRASSE", false],
    ["straße", "STRAẞE", false],
    ["café", "CAFE\u0301", false],
    ["cafe", "cafe\u0301", true],
    ["ệ", "e\u0302\u0323", false],
    ["Kelvin", "\u212aelvin", false],
    ["Σίσυφος", "ΣΊΣΥΦΟΣ", false],
    ["क़लम", "\u0958लम", false],
    ["New York", "New \u00a0\n york", false],
    ["New York", "New Yorker", true],
    ["C++", "C++x", false],
    ["C++", "C+", true],
    ["ınce", "ince", true],
    ["don't", "don’t", true],
  ])("%j on %j: %s", (term, text, allowed) => {
    expect(accepts(forbid([term]), text)).toBe(allowed);
    expect(holds(text, typeof term === "string" ? { term } : term)).toBe(!allowed);
  });

  const letter = fc.constantFrom(..."aAbBkKſsSßẞéeÉ\u0301\u0302\u212aåÅ\u212b12_- .'\n银行ンカ\u3099ガ\u00adıIiİσςΣ𐐀𐐨");
  const text = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(""));
  const options = fc.record({
    term: fc
      .array(letter, { minLength: 1, maxLength: 3 })
      .map((letters) => letters.join(""))
      .filter((term) => /[^\p{White_Space}\u00ad]/u.test(term)),
    matchCase: fc.boolean(),
    wholeWord: fc.constantFrom(true, false, undefined),
  });

  it("takes no text that holds a term", () => {
    fc.assert(
      fc.property(fc.array(options, { maxLength: 3 }), text, (terms, text) => {
        if (accepts(forbid(terms), text)) for (const term of terms) expect(holds(text, term)).toBe(false);
      }),
      { numRuns: 600 },
    );
  });

  it("takes every text without a term, where marks stand apart", () => {
    // A mark on the letter after a term makes it another one only to those who compose.
    const plain = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join("").replace(/\p{M}/gu, ""));
    fc.assert(
      fc.property(fc.array(options, { maxLength: 3 }), plain, (terms, text) => {
        if (!terms.some((term) => holds(text, term))) expect(accepts(forbid(terms), text)).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it("leads every walk to a text without a term", () => {
    fc.assert(
      fc.property(fc.array(options, { minLength: 1, maxLength: 3 }), fc.integer(), (terms, seed) => {
        const fragments = [...terms.map(({ term }) => term), " ", "a", "S", "s", "\u0301", "bank"];
        const walked = randomWalk(forbid(terms), { random: seededRandom(seed), fragments, length: 40 });
        for (const term of terms) expect(holds(walked, term)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it("refuses bytes that are no UTF-8", () => {
    const constraint = forbid(["x"]);
    const walk = (...bytes: number[]) =>
      bytes.reduce<number | undefined>(
        (state, byte) => (state === undefined ? state : constraint.step(state, byte)),
        constraint.begin(),
      );
    for (const bytes of [[0x80], [0xc0], [0xc1], [0xe0, 0x80], [0xed, 0xa0], [0xf4, 0x90], [0xf5], [0xe4, 0x41]]) {
      expect(walk(...bytes)).toBeUndefined();
    }
    expect(constraint.mayEnd(walk(0xe4, 0xbd)!)).toBe(false);
    expect(constraint.bytesToEnd(walk(0xe4)!)).toBe(2);
  });

  it("does not let a whole word go where only a letter could save it, and none can", () => {
    const constraint = forbid([
      "ab",
      ...Array.from("abcdefghijklmnopqrstuvwxyz", (letter) => ({ term: `ab${letter}`, wholeWord: false })),
    ]);
    expect(accepts(constraint, "abé")).toBe(true);
    expect(accepts(constraint, "abc")).toBe(false);
  });

  it("names what is wrong", async () => {
    for (const terms of [undefined, "x", [""], [" "], [{}], [null], [3], ["\ud800"], [{ term: "x", wholeWord: 1 }]]) {
      await expectError("argument-invalid", () => forbid(terms as never));
    }
    expect(forbid(["a", "b", "c", "d"]).name).toBe('forbid "a", "b", "c" and 1 more');
  });
});
