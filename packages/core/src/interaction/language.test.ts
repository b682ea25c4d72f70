import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../errors.ts";
import { expectError } from "../testing/expect-error.ts";
import { intoGerman, languageName, parseLanguage, parseLocale } from "./language.ts";

describe("parseLanguage", () => {
  it.each([
    ["de", "de"],
    ["DE", "de"],
    ["de_AT", "de-AT"],
    ["de-Latn", "de"],
    ["zh", "zh-Hans"],
    ["zh-CN", "zh-Hans"],
    ["zh-SG", "zh-Hans"],
    ["cmn", "zh-Hans"],
    ["zh-TW", "zh-Hant"],
    ["zh-hk", "zh-Hant"],
    ["zh-Hant-HK", "zh-Hant"],
    ["zh-Hans-TW", "zh-Hans"],
    ["zh-Latn", "zh-Latn"],
    ["sr-Latn", "sr-Latn"],
    ["sr-Cyrl", "sr"],
    ["iw", "he"],
    ["en-US-u-ca-buddhist", "en-US"],
    [" pt-br ", "pt-BR"],
    ["German", "de"],
    ["simplified chinese", "zh-Hans"],
    ["繁體中文", "zh-Hant"],
    ["繁体中文", "zh-Hant"],
    ["英语", "en"],
    ["vereinfachtes Chinesisch", "zh-Hans"],
    ["Französisch", "fr"],
    ["日语", "ja"],
  ])("%s is %s", (given, tag) => expect(parseLanguage(given)).toBe(tag));

  it.each([
    "",
    " ",
    "xx",
    "und",
    "mul",
    "x-private",
    "i-klingon",
    "Germanish",
    "de-",
    "zh-min-nan",
    "1",
    "deutsch deutsch",
  ])("%j is unknown, and the error says what would be known", async (given) => {
    const error = await expectError("language-unknown", () => parseLanguage(given, "to"));
    expect(error.message).toMatch(/to: .*expected a BCP-47 tag such as de.*got/);
  });

  it.each([undefined, null, 5, {}, ["de"]])("%j is no text", async (given) => {
    await expectError("argument-invalid", () => parseLanguage(given as string));
  });

  it("is idempotent, and never throws anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."dezhHanst-TW_u") })), (given) => {
        try {
          const tag = parseLanguage(given);
          expect(parseLanguage(tag)).toBe(tag);
        } catch (error) {
          expect(BayLingError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});

describe("parseLocale", () => {
  it.each([
    ["de-at", "de-AT"],
    ["zh-TW", "zh-TW"],
    ["en_US", "en-US"],
    ["German", "de"],
  ])("%s is %s", (given, tag) => expect(parseLocale(given)).toBe(tag));

  it("refuses what is none", async () => {
    await expectError("language-unknown", () => parseLocale("12"));
  });
});

describe("names", () => {
  it.each([
    ["zh-Hans", "Simplified Chinese", "简体中文", "vereinfachtes Chinesisch", "ins vereinfachte Chinesisch"],
    ["zh-Hant", "Traditional Chinese", "繁体中文", "traditionelles Chinesisch", "ins traditionelle Chinesisch"],
    ["en", "English", "英语", "Englisch", "ins Englische"],
    ["de", "German", "德语", "Deutsch", "ins Deutsche"],
    ["fr", "French", "法语", "Französisch", "ins Französische"],
    ["hi", "Hindi", "印地语", "Hindi", "auf Hindi"],
    ["pt-BR", "Brazilian Portuguese", "巴西葡萄牙语", "Portugiesisch (Brasilien)", "ins Portugiesische (Brasilien)"],
  ])("of %s", (tag, en, zh, de, into) => {
    expect([languageName(tag, "en"), languageName(tag, "zh"), languageName(tag, "de")]).toEqual([en, zh, de]);
    expect(intoGerman(tag)).toBe(into);
  });
});
