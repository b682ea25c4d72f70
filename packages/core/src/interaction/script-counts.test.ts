import fc from "fast-check";
import { expect, test } from "vitest";
import { countScripts } from "./script-counts.ts";

/** The same said by one regular expression, a tenth as fast. */
const scripts = (
  "Hani Hira Kana Bopo Hang Latn Cyrl Grek Arab Hebr Deva Beng Guru Gujr " +
  "Taml Telu Knda Mlym Sinh Thai Laoo Tibt Mymr Khmr Geor Armn Ethi Mong"
).split(" ");
const pattern = scripts.map((script, index) => {
  const letter = `\\p{Script=${script}}`;
  return index < 4 ? `(${letter})` : `((?:${letter}\\p{M}*)+)`;
});
const units = new RegExp(pattern.join("|"), "gu");

function countByPattern(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, ...groups] of text.matchAll(units)) {
    const script = scripts[groups.findIndex((group) => group !== undefined)]!;
    counts.set(script, (counts.get(script) ?? 0) + 1);
  }
  return counts;
}

test("runs of letters with their marks count once, ideographs each", () => {
  expect([...countScripts("TypeScript 很好, für Leute")]).toEqual([
    ["Latn", 3],
    ["Hani", 2],
  ]);
});

test("scripts are counted as by a regular expression, whatever the characters", () => {
  const character = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.constantFrom(..."aZé中カひ\u0301\u0302\u093e\u0903\u064b\u3099ーكक한ㄅ €1\ud842\udfb7"),
  );
  fc.assert(
    fc.property(fc.array(character, { maxLength: 12 }), (characters) => {
      const text = characters.join("");
      expect([...countScripts(text)]).toEqual([...countByPattern(text)]);
    }),
    { numRuns: 2000 },
  );
});
