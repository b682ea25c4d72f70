import { expect, it } from "vitest";
import { findSourceLanguage } from "./source-language.ts";

it.each<[string, string | undefined, string, boolean]>([
  ["Where is the cat, and what does it do?", "de", "en", true],
  ["这只猫", undefined, "zh-Hans", true],
  ["人", "de", "zh-Hans", false],
  ["人", "zh-Hans", "zh-Hant", false],
  ["Привет", "de", "ru", false],
  ["Привет", "ru", "uk", false],
  ["Hola", "de", "en", false],
  ["Hola", "en-GB", "es", false],
  ["مرحبا", "en", "ar", false],
  ["", "de", "en", false],
  ["123", "en", "es", false],
])("takes %j, to be put into %s, for %s", (text, to, language, isCertain) => {
  expect(findSourceLanguage(text, to)).toEqual({ language, isCertain });
});
