import { expect, it } from "vitest";
import { Problem } from "../problem.ts";
import { isSameLanguage, parseLanguageCode } from "./language-codes.ts";

it.each([
  ["EN-GB", "en-GB"],
  ["ZH", "zh-Hans"],
  ["zh-HANT", "zh-Hant"],
  ["zh_TW", "zh-Hant"],
  ["zt", "zh-Hant"],
  ["pb", "pt-BR"],
  ["PT-br", "pt-BR"],
  ["es-419", "es-419"],
  ["de", "de"],
])("reads the code %s as %s", (code, tag) => {
  expect(parseLanguageCode(code, "target")).toBe(tag);
});

it.each(["", "German", "x", "de-", "xx", "qaa-qaa-qaa", "en\n", "../en", "und", "zxx", "𝒅𝒆", "e".repeat(1000)])(
  "refuses %j",
  (code) => {
    expect(() => parseLanguageCode(code, "target")).toThrow(Problem);
  },
);

it.each<[string, string, boolean]>([
  ["en", "en-GB", true],
  ["pt-PT", "pt-BR", true],
  ["zh-Hans", "zh-Hant", false],
  ["sr", "sr-Latn", false],
  ["en", "de", false],
])("tells whether %s and %s are one language", (one, other, same) => {
  expect(isSameLanguage(one, other)).toBe(same);
});
