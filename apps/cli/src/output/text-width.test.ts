import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonText, printable, shorten, textWidth, visible } from "./text-width.ts";

test("widths are those of a terminal", () => {
  expect(["", "abc", "é", "e\u0301", "漢字", "👍🏽", "\u001b[31mred\u001b[39m", "▁the"].map(textWidth)).toEqual([
    0, 3, 1, 1, 4, 2, 3, 4,
  ]);
});

test("a shortened text fits, and tells that something is missing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, width) => {
      const plain = visible(text);
      const shown = shorten(plain, width);
      expect(textWidth(shown)).toBeLessThanOrEqual(width);
      if (textWidth(plain) <= width) expect(shown).toBe(plain);
      else expect(shown.endsWith("…")).toBe(true);
    }),
  );
});

test("nothing from a file steers the terminal", () => {
  expect(visible("a\u001b[2Jb\n\t\u0007\u202e")).toBe("a\\u{1b}[2Jb\\n\\t\\u{7}\\u{202e}");
  expect(printable("a\u001b[2J\n\tb\u009b\r")).toBe("a\ufffd[2J\n\tb\ufffd\ufffd");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(visible(text)).not.toMatch(/\p{Cc}/u);
      expect(printable(text).replaceAll("\r\n", "")).not.toMatch(/[^\P{Cc}\n\t]/u);
    }),
  );
});

test("JSON steers no terminal, and says the same", () => {
  const steers = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom("\u001b", "\u009b", "\u007f", "\u202e", "\\", '"'), fc.string()),
  });
  fc.assert(
    fc.property(fc.dictionary(text, text), (value) => {
      expect(jsonText(value)).not.toMatch(steers);
      expect(JSON.parse(jsonText(value))).toEqual(value);
      expect(jsonText(value, 2).replaceAll("\n", "")).not.toMatch(steers);
    }),
    { seed: 5 },
  );
});
