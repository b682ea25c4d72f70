import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom } from "../../testing/random-walk.ts";
import { countLength, type LengthUnit, limitLength } from "./length-limit.ts";

/** Counts by going through a text once, character by character. */
function countByHand(text: string, unit: LengthUnit): number {
  const trimmed = text.trim(); // all that Unicode calls white space, but U+0085, and U+FEFF
  if (unit === "characters") return [...trimmed].length;
  let words = 0;
  let counted = false;
  for (const character of trimmed) {
    const isIdeograph = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー々〆]/u.test(character);
    if (isIdeograph) words++;
    if (isIdeograph || /\s/u.test(character)) counted = false;
    else if (!counted && /[\p{L}\p{N}]/u.test(character)) {
      words++;
      counted = true;
    }
  }
  return words;
}

const text = fc
  .array(fc.constantFrom(..."aé1你カーน , .-'’“”!\n\u00a0\u3000😀e\u0301", " ", "word", "don't "), { maxLength: 12 })
  .map((parts) => parts.join(""));
const unit = fc.constantFrom<LengthUnit>("words", "characters");
const count = fc.integer({ min: 0, max: 9 });

describe("limitLength", () => {
  it.each<[string, number, number]>([
    ["", 0, 0],
    [" The quick fox. ", 3, 14],
    ["Well-known U.S. don’t – 3.5 %", 4, 29],
    ["你好，世界。", 4, 6],
    ["カード 2枚", 5, 6],
    ["iPhone手机", 3, 8],
    ["한국어 문장", 2, 6],
    ["😀 !", 0, 3],
  ])("counts %j: %i words, %i characters", (text, words, characters) => {
    expect([countLength(text, "words"), countLength(text, "characters")]).toEqual([words, characters]);
    expect([countByHand(text, "words"), countByHand(text, "characters")]).toEqual([words, characters]);
  });

  it("counts as one counts by hand", () => {
    fc.assert(
      fc.property(text, unit, (text, unit) => {
        expect(countLength(text, unit)).toBe(countByHand(text, unit));
      }),
    );
  });

  it("takes no text of another length, and every one of the right length that is not padded", () => {
    fc.assert(
      fc.property(text, unit, count, fc.option(count, { nil: undefined }), (text, unit, least, span) => {
        const most = span === undefined ? undefined : least + span;
        const length = countByHand(text, unit);
        const fits = length >= least && length <= (most ?? Infinity);
        const taken = accepts(limitLength({ unit, least, most }), text);
        if (!fits) expect(taken).toBe(false);
        if (length < (most ?? Infinity) && fits) {
          // White space after the text may be more than there is room for.
          expect(accepts(limitLength({ unit, least, most }), text.trimEnd())).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("leads every walk to a text of the right length", () => {
    fc.assert(
      fc.property(unit, count, fc.option(count, { nil: undefined }), fc.integer(), (unit, least, span, seed) => {
        const most = span === undefined ? undefined : least + span;
        const fragments = ["word", " ", "你", "!", "a"];
        const constraint = limitLength({ unit, least, most });
        const walked = randomWalk(constraint, { random: seededRandom(seed), fragments, length: 40 });
        // The walk writes control characters, too, of which U+FEFF is white space to some.
        const length = countLength(walked, unit);
        expect(length).toBeGreaterThanOrEqual(least);
        expect(length).toBeLessThanOrEqual(most ?? Infinity);
      }),
      { numRuns: 200 },
    );
  });

  it("lets the last word be completed, and then only what touches it", () => {
    const two = limitLength({ unit: "words", most: 2 });
    for (const text of ["Hello wo", "Hello world", "Hello world!”", "Hello world\u00a0!", "<b>Hello world</b>."]) {
      expect(accepts(two, text), text).toBe(true);
    }
    for (const text of ["Hello world ", "Hello world x", "Hello world\u00a0x", "Hello world你"]) {
      expect(accepts(two, text), text).toBe(false);
    }
    expect(accepts(limitLength({ unit: "words", most: 2 }), "你好。")).toBe(true);
    expect(accepts(limitLength({ unit: "words", most: 2 }), "你好吗")).toBe(false);
  });

  it("knows the shortest way to the end", () => {
    expect(
      limitLength({ unit: "words", least: 10 }).bytesToEnd(limitLength({ unit: "words", least: 10 }).begin()),
    ).toBe(19);
    const characters = limitLength({ unit: "characters", least: 10 });
    expect(characters.bytesToEnd(characters.begin())).toBe(10);
  });

  it("names what is wrong, and itself", async () => {
    const wrong = [
      ...[undefined, null, 3, {}, { unit: "bytes", most: 3 }, { unit: "words" }, { unit: "words", most: -1 }],
      ...[
        { unit: "words", most: 1.5 },
        { unit: "words", least: "2" },
        { unit: "words", least: 3, most: 2 },
      ],
      ...[
        { unit: "words", least: Infinity },
        { unit: "characters", most: 2 ** 40 },
        { unit: "characters", most: Number.NaN },
      ],
    ];
    for (const options of wrong) await expectError("argument-invalid", () => limitLength(options as never));
    expect(limitLength({ unit: "words", least: 2, most: 5 }).name).toBe("length of at least 2 and at most 5 words");
  });
});
