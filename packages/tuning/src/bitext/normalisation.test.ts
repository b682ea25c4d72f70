import fc from "fast-check";
import { expect, test } from "vitest";
import { createNormaliser, type NormalisationOptions, normalisationSettings } from "./normalisation.ts";

const normalise = (text: string, options: NormalisationOptions = {}) =>
  createNormaliser(normalisationSettings(options))(text);

test("by default composes, and takes out what cannot be seen", () => {
  expect(normalise("  a\u0308 \u00a0b\u3000\tc\u200b\u00ad\ufeff\u0007 ")).toBe("ä b c");
  expect(normalise("„Ja“ &amp; ’s")).toBe("„Ja“ &amp; ’s");
  // Persian and Hindi joiners, and a family; a mark of direction between Latin letters is none of these.
  for (const text of ["می\u200cخواهم", "क्\u200dष", "👨\u200d👩\u200d👧", "שלום\u200e abc"])
    expect(normalise(text)).toBe(text);
  expect(normalise("a\u200db\u200ec")).toBe("abc");
});

test("every step can be switched", () => {
  const off = { unicode: false, invisible: false, whiteSpace: false };
  const text = " a\u0308\u200b  „b“ ";
  expect(normalise(text, off)).toBe(text);
  expect(normalise("„a“ «b» ‘c’", { quotes: true })).toBe('"a" "b" \'c\'');
  expect(normalise("&lt;&auml;&#228;&#x4E2D;&nope;&amp;lt;&#0;&#xd800;&toString;", { htmlEntities: true })).toBe(
    "<ää中&nope;&lt;&#0;&#xd800;&toString;",
  );
});

test("counts the texts that each step changes", () => {
  const counts: Record<string, number> = {};
  const count = createNormaliser(normalisationSettings({ quotes: true }), counts);
  for (const text of ["a", "a  b", "“a”  b"]) count(text);
  expect(counts).toEqual({ unicode: 0, invisible: 0, whiteSpace: 2, quotes: 1 });
});

test("twice is once", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, quotes) => {
      const once = normalise(text, { quotes });
      expect(normalise(once, { quotes })).toBe(once);
    }),
  );
});
