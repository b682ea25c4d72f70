import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitSegments } from "./fit-segments.ts";
import { joinSegments, type SegmentedText, segmentText } from "./text-segments.ts";

/** As a vocabulary of bytes has it. */
const bytes = (text: string) => new TextEncoder().encode(text).length;

/** The text that parts are parts of. */
function whole({ lead, segments }: SegmentedText): string {
  return lead + segments.map(({ text, separator }) => text + separator).join("");
}

const cut = (text: string, longest: number) => fitSegments(segmentText(text, "en"), longest, bytes);
const texts = (text: string, longest: number) => cut(text, longest).segments.map((segment) => segment.text);

describe("sentences that are too long", () => {
  it("are cut behind clauses, else between words, else between characters", () => {
    expect(texts("One two three, four five six, seven.", 20)).toEqual(["One two three,", "four five six,", "seven."]);
    expect(texts("one two three four five six", 12)).toEqual(["one two", "three four", "five six"]);
    expect(texts("猫坐在垫子上，狗坐在地上，鸟在飞", 24)).toEqual(["猫坐在垫子上，", "狗坐在地上，", "鸟在飞"]);
    expect(texts("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
    expect(texts("Short. One more.", 20)).toEqual(["Short.", "One more."]);
  });

  it("are never cut within a character", () => {
    for (const text of ["👍👍👍👍", "e\u0301e\u0301e\u0301", "👩‍👧👩‍👧"]) {
      for (const piece of texts(text, 4)) expect(piece.isWellFormed()).toBe(true);
    }
    expect(texts("e\u0301e\u0301e\u0301", 3)).toEqual(["e\u0301", "e\u0301", "e\u0301"]);
  });

  it("give pieces that are short enough, and together are the text", () => {
    const anyText = fc
      .array(fc.constantFrom("a", "word", " ", "  ", ", ", "\n", "猫", "。", ". ", "\u0301", "😀"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(anyText, fc.integer({ min: 16, max: 60 }), (text, longest) => {
        const fitted = cut(text, longest);
        expect(whole(fitted)).toBe(text);
        for (const segment of fitted.segments) {
          expect(segment.text).toBe(segment.text.trim());
          expect(segment.text).not.toBe("");
          // Marks stay with their letter, however many they are.
          if (!/\p{M}{3}/u.test(segment.text)) expect(bytes(segment.text)).toBeLessThanOrEqual(longest);
        }
        const same = fitted.segments.map((segment) => segment.text);
        expect(
          joinSegments(
            fitted,
            same,
            same.map(() => undefined),
          ),
        ).toBe(text);
      }),
    );
  });

  it("cost time in proportion to the text", () => {
    let counted = 0;
    const count = (text: string) => {
      counted += text.length;
      return text.length;
    };
    const text = "x".repeat(200_000);
    const { segments } = fitSegments(segmentText(text, "en"), 100, count);
    expect(segments).toHaveLength(2000);
    expect(counted).toBeLessThan(40 * text.length);
  });
});
