import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom } from "../../testing/random-walk.ts";
import { type ForbiddenTermOptions, forbid } from "./forbid.ts";

/** The letters that a reader sees: each a character with all its marks, composed. White space is a letter too. */
function lettersOf(text: string): string[] {
  return (
    visible(text)
      .normalize("NFC")
      .match(/\p{White_Space}|[^\p{M}\p{White_Space}]?\p{M}+|\P{M}/gu) ?? []
  );
}

const visible = (text: string): string => text.replace(/[\u00ad\u200b\u2060\ufeff]/gu, "");

/** Looks for a term in a finished text, letter by letter. */
function holds(text: string, { term, matchCase = false, wholeWord }: ForbiddenTermOptions): boolean {
  const unspaced =
    /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tibetan}\p{sc=Bopomofo}ー々〆]/u;
  const isLetter = /[\p{L}\p{M}\p{N}_]/u;
  const kind = (character: string) => {
    if (unspaced.test(character)) return "unspaced";
    return isLetter.test(character) ? "spaced" : "none";
  };
  /** Most marks are of the kind of what they stand on, and of none by themselves. */
  const inherits = (character: string) => /\p{M}/u.test(character) && /\p{sc=Inherited}/u.test(character);
  const kindAfter = ([first = " "]: string = "") => kind(inherits(first) ? " " : first);
  const kindBefore = (letter = "") => kind(Array.from(letter).findLast((part) => !inherits(part)) ?? " ");
  /** The kind of letter that may not touch an end of the term. */
  const border = (kind: string) => {
    if (kind === "spaced") return wholeWord === false ? "nothing" : "spaced";
    return kind === "unspaced" && wholeWord === true ? "unspaced" : "nothing";
  };
  const same = (a: string, b: string) => {
    const [parts, others] = [Array.from(a.normalize("NFD")), Array.from(b.normalize("NFD"))];
    const one = (part: string) =>
      new RegExp(`^${part.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")}$`, matchCase ? "u" : "iu");
    return parts.length === others.length && parts.every((part, index) => one(part).test(others[index]!));
  };
  /** Exactly so: upper and title case of letters that grow in it, with the marks on them. */
  const grown = ([first = "", ...marks]: string) => {
    const upper = first.toUpperCase() === first ? first.toLowerCase().toUpperCase() : first.toUpperCase();
    const [start = "", ...rest] = upper;
    const forms = rest.length === 0 ? [] : [upper, start + rest.join("").toLowerCase()];
    return matchCase ? [] : forms.map((form) => lettersOf(form + marks.join("")));
  };
  const [written, wanted] = [lettersOf(text), lettersOf(visible(term).trim())];
  /** Where the rest of the term ends that begins here. */
  const ends = (at: number, index: number): number[] => {
    const letter = wanted[index];
    if (letter === undefined) return [at];
    if (at === written.length) return [];
    if (/\p{White_Space}/u.test(letter)) {
      let last = at;
      while (last < written.length && /\p{White_Space}/u.test(written[last]!)) last++;
      // The spaces of a term are one, as those of the text are.
      const next = wanted.findIndex((other, place) => place > index && !/\p{White_Space}/u.test(other));
      return last === at ? [] : ends(last, next);
    }
    const found = same(letter, written[at]!) ? ends(at + 1, index + 1) : [];
    for (const form of grown(letter)) {
      if (form.every((one, offset) => one === written[at + offset])) found.push(...ends(at + form.length, index + 1));
    }
    return found;
  };
  const [left, right] = [border(kindAfter(wanted[0]!)), border(kindBefore(wanted.at(-1)!))];
  return written.some(
    (_, at) => kindBefore(written[at - 1]) !== left && ends(at, 0).some((end) => kindAfter(written[end]) !== right),
  );
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
    ["\u062d\u064e\u0651", "\u062d\u0651\u064e", false],
    ["x\u0301\u0323", "X\u0323\u00ad\u0301", false],
    ["a\u3099\u0301", "a\u0301\u3099", false],
    ["\u212b\u0301", "a\u030a\u0301", false],
    ["\u01fa", "\u212b\u0301", false],
    ["k\u0301", "\u212a\u0301", false],
    ["\u05e9\u05bc\u05c1", "\ufb2a\u05bc", false],
    ["ガ", "カ\u3099", false],
    ["カ", "ガ", true],
    ["가", "각", true],
    ["각", "가\u11a8", false],
    ["bank", "カ\u3099bank", false],
    ["a\u0323\u0301\u0302\u0303\u0304\u0306\u0307", "ạ\u0301\u0302\u0303\u0304\u0306\u0307", false],
    ["i̇stanbul", "İSTANBUL", false],
    ["ᾄδω", "ἌΙΔΩ", false],
    ["straße", "strasse", true],
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

  // Terms and texts of few letters, so that they meet.
  const alphabets = [
    "aAbBkKſsSßẞéeÉ\u0301\u0302\u212aåÅ\u212b12_- .'\nンカ\u00ad",
    "ſsSßẞ\u0301ś aσ",
    "aAåǻ\u212b\u030a\u0301\u0323\u3099 \u200b-ạ",
    "銀银行ンカ\u3099ガ\uf90a金a 1\u0301",
    "가각\u1100\u1161\u11a8나a ",
    "بَّ\u064f\u0653أا\u0670 ـb",
    "שׁ\u05bc\ufb2a\ufb2c\u05b8 '",
    "ıIiİ\u0307\u0301íσςΣ𐐀𐐨ὰΑΙι\u0300 ",
    "กาิ่ขa ကို",
  ].map((letters) => Array.from(letters));
  const given = fc.constantFrom(...alphabets).chain((letters) => {
    const text = (minLength: number, maxLength: number) =>
      fc.array(fc.constantFrom(...letters), { minLength, maxLength }).map((parts) => parts.join(""));
    const term = text(1, 3).filter((term) => visible(term).trim() !== "");
    const options = fc.record({ term, matchCase: fc.boolean(), wholeWord: fc.constantFrom(true, false, undefined) });
    return fc.record({ terms: fc.array(options, { maxLength: 3 }), text: text(0, 8) });
  });

  it("takes no text that holds a term", () => {
    fc.assert(
      fc.property(given, ({ terms, text }) => {
        if (accepts(forbid(terms), text)) for (const term of terms) expect(holds(text, term)).toBe(false);
      }),
      { numRuns: 600 },
    );
  });

  it("takes every text without a term, where marks do not come apart", () => {
    // Where a term has been written, nobody knows yet of a mark that would make its last letter another one.
    fc.assert(
      fc.property(given, ({ terms, text }) => {
        const plain = text.normalize("NFC").replace(/\p{M}/gu, "");
        if (!terms.some((term) => holds(plain, term))) expect(accepts(forbid(terms), plain)).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it("leads every walk to a text without a term", () => {
    fc.assert(
      fc.property(given, fc.integer(), ({ terms, text }, seed) => {
        const forms = terms.flatMap(({ term }) => [
          term,
          term.normalize("NFD"),
          term.normalize("NFC"),
          term.toUpperCase(),
        ]);
        const fragments = [...forms, ...Array.from(text), " ", "a", "S", "\u0301", "bank"];
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
