import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { simplifiedOnly, traditionalOnly } from "./chinese-characters.ts";
import { detectLanguage } from "./detect-language.ts";
import { checkLanguage } from "./verifiers/language.ts";

/** The characters of a legacy encoding, by what its decoder makes of two bytes. */
function charactersOf(encoding: string, lead: [number, number], trail: [number, number]): Set<string> {
  const decoder = new TextDecoder(encoding);
  const characters = new Set<string>();
  for (let first = lead[0]; first <= lead[1]; first++) {
    for (let second = trail[0]; second <= trail[1]; second++) {
      const text = decoder.decode(Uint8Array.of(first, second));
      if (/^\p{Script=Han}$/u.test(text)) characters.add(text);
    }
  }
  return characters;
}

describe("characters of one Chinese script", () => {
  const gb2312 = charactersOf("gbk", [0xb0, 0xf7], [0xa1, 0xfe]);
  const big5 = charactersOf("big5", [0xa4, 0xf9], [0x40, 0xfe]);

  it("knows the two encodings", () => expect([gb2312.size, big5.size >= 13_000]).toEqual([6763, true]));

  it("of the simplified one are in GB 2312 and not in Big5", () => {
    expect(simplifiedOnly.size).toBeGreaterThan(1000);
    for (const character of simplifiedOnly) expect([gb2312.has(character), big5.has(character)]).toEqual([true, false]);
  });

  it("of the traditional one are in Big5 and not in GB 2312", () => {
    expect(traditionalOnly.size).toBeGreaterThan(1700);
    for (const character of traditionalOnly)
      expect([big5.has(character), gb2312.has(character)]).toEqual([true, false]);
  });

  it.each([..."后里台著乾么面干云出人大"])("%s is in neither", (character) =>
    expect([simplifiedOnly.has(character), traditionalOnly.has(character)]).toEqual([false, false]),
  );

  it.each(["国國", "这這", "办辦", "书書", "说說", "发發", "汉漢"])("%s are one and the other", (pair) =>
    expect([simplifiedOnly.has([...pair][0]!), traditionalOnly.has([...pair][1]!)]).toEqual([true, true]),
  );
});

describe("detectLanguage", () => {
  it.each([
    ["The dog is in the garden, and it does not bark.", "en"],
    ["Der Hund ist im Garten und bellt nicht.", "de"],
    ["Le chien est dans le jardin et il n'aboie pas.", "fr"],
    ["El perro está en el jardín y no ladra con los otros.", "es"],
    ["Hunden er i haven, og han har ikke noget at spise.", "da"],
    ["这只狗在花园里。", "zh-Hans"],
    ["這隻狗在花園裡。", "zh-Hant"],
    ["犬は庭にいます。", "ja"],
    ["개는 정원에 있습니다.", "ko"],
    ["Ο σκύλος είναι στον κήπο.", "el"],
    ["你好", undefined],
    ["東京", "zh-Hant"],
    ["Собака в саду.", undefined],
    ["Tom", undefined],
    ["", undefined],
    ["1234 !?", undefined],
    ["Pies jest w ogrodzie i nie szczeka do nas.", undefined],
    ["这是简体，這是繁體。", undefined],
  ])("%s", (text, language) => expect(detectLanguage(text)).toBe(language));

  const corpora = [
    ["tatoeba.en-de.tsv", ["en", "de"]],
    ["tatoeba.en-zh.tsv", ["en", "zh"]],
  ] as const;
  for (const [name, languages] of corpora) {
    const file = sharedFixture(`corpora/${name}`);
    it.skipIf(file === undefined)(`takes no sentence of ${name} for another language, but one in ten thousand`, () => {
      const rows = readFileSync(file!, "utf8").trim().split("\n");
      const sample = rows.filter((_row, index) => index % 5 === 0).map((row) => row.split("\t"));
      for (const [column, language] of languages.entries()) {
        const detected = sample.map((row) => detectLanguage(row[column]!)).filter((found) => found !== undefined);
        const wrong = detected.filter((found) => !found.startsWith(language));
        expect(detected.length).toBeGreaterThan(sample.length / 3);
        expect(wrong.length).toBeLessThanOrEqual(sample.length / 10_000);
      }
    });
  }
});

describe("checkLanguage", () => {
  it.each([
    ["pass", "这是简体字。", "zh-Hans"],
    ["fail", "這是繁體字。", "zh-Hans"],
    ["pass", "這是繁體字。", "zh-Hant"],
    ["fail", "这是简体字，這是繁體字。", "zh-Hans"],
    ["fail", "这是简体字，這是繁體字。", "zh-Hant"],
    ["unknown", "你好！", "zh-Hans"],
    ["unknown", "你好！", "zh-Hant"],
    ["fail", "これは日本語です。", "zh-Hans"],
    ["fail", "This is English text.", "zh-Hans"],
    ["pass", "请用 TypeScript 写一个 Promise 的例子。", "zh-Hans"],
    ["unknown", "React, Vue, Svelte, Angular 和 Solid", "zh-Hans"],
    ["fail", "Das ist kein englischer Satz, und er ist nicht lang.", "en"],
    ["pass", "Das ist ein deutscher Satz, und er ist nicht lang.", "de"],
    ["pass", "Das ist ein deutscher Satz, und er ist nicht lang.", "de-AT"],
    ["unknown", "Hotel Berlin", "de"],
    ["fail", "这不是德语。", "de"],
    ["unknown", "42 %", "de"],
    ["unknown", "", "de"],
    ["pass", "これは日本語です。", "ja"],
    ["unknown", "東亜", "ja"],
    ["unknown", "Собака в саду.", "ru"],
    ["fail", "Собака в саду.", "en"],
  ] as const)("%s: %s as %s", (outcome, text, language) => expect(checkLanguage(text, language).outcome).toBe(outcome));

  it("asks another detector where scripts do not decide", () => {
    expect(checkLanguage("Собака в саду.", "ru", () => "ru").outcome).toBe("pass");
    expect(checkLanguage("Собака в саду.", "ru", () => "bg").outcome).toBe("fail");
    expect(checkLanguage("這是繁體字。", "zh-Hans", () => "zh-Hans").outcome).toBe("fail");
  });
});
