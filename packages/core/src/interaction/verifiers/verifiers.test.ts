import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countLength } from "../../generation/constraints/length-limit.ts";
import { findDifferences, piecesOf } from "./differences.ts";
import { checkFormats } from "./formats.ts";
import { checkCompared, checkLength, usualUnit } from "./length.ts";
import { checkNoRefusal, checkNoTalk } from "./manners.ts";
import { checkPrefix } from "./prefix.ts";
import { checkProtectedSpans } from "./protected-spans.ts";
import { checkRegister } from "./register.ts";
import { checkNoLoop } from "./repetition.ts";
import { checkChanged, checkNotCopied, checkOnlyAsked } from "./unchanged.ts";

describe("length", () => {
  it.each([
    ["", 0, 0],
    ["  one two  ", 2, 7],
    ["one, two - three!", 3, 17],
    ["你好，世界", 4, 5],
    ["用TypeScript写", 3, 12],
    ["日本のカメラ", 6, 6],
    ["it's well-known", 2, 15],
    ["𝒜 b", 2, 3],
    ["1,234.5", 1, 7],
  ])("%j has %i words and %i characters", (text, words, characters) => {
    expect([countLength(text, "words"), countLength(text, "characters")]).toEqual([words, characters]);
  });

  it("is checked against both bounds", () => {
    expect(checkLength("a b c", { unit: "words", least: 3, most: 3 }).outcome).toBe("pass");
    expect(checkLength("a b c", { unit: "words", most: 2 }).reason).toContain("3 words, at most 2");
    expect(checkLength("a b c", { unit: "words", least: 4 }).outcome).toBe("fail");
  });

  it("is compared with what was there before", () => {
    expect(checkCompared("a b", "a b c", "words", "shorter").outcome).toBe("pass");
    expect(checkCompared("a b c", "a b c", "words", "shorter").outcome).toBe("fail");
    expect(checkCompared("a b c", "a b c", "words", "longer").outcome).toBe("fail");
  });

  it.each([
    ["de", "words"],
    ["zh-Hans", "characters"],
    ["ja", "characters"],
    ["ko", "words"],
    ["th", "characters"],
  ])("of %s is counted in %s", (language, unit) => expect(usualUnit(language)).toBe(unit));
});

describe("talk around a translation", () => {
  it.each([
    ["Sure, here is the translation: Der Hund schläft."],
    ["Here's a shorter version: Der Hund schläft."],
    ["Here is the revised translation:\nDer Hund schläft."],
    ["Certainly! Here is your sentence in German: …"],
    ["Translation: Der Hund schläft."],
    ["**Revised translation:** Der Hund schläft."],
    ["好的，以下是翻译：狗在睡觉。"],
    ["好的，改好了：狗在睡觉。"],
    ["以下是修改后的译文：狗在睡觉。"],
    ["译文：狗在睡觉。"],
    ["Hier ist die Übersetzung: Der Hund schläft."],
    ["Gerne! Hier ist eine kürzere Fassung: Der Hund schläft."],
    ["Übersetzung: Der Hund schläft."],
    ["Der Hund schläft.\n\nNote: I kept the tense."],
    ["Der Hund schläft.\n\nLet me know if you need changes."],
    ["狗在睡觉。\n\n希望这对您有帮助。"],
    ["Der Hund schläft.\n\n(Hinweis: Die Zeitform bleibt.)"],
  ])("is found: %s", (reply) => expect(checkNoTalk(reply, "The dog sleeps.").outcome).toBe("fail"));

  it.each([
    ["Here is your ticket.", "Hier ist Ihre Fahrkarte."],
    ["Hier ist Ihre Fahrkarte.", "Here you go, your ticket."],
    ["Sure, why not?", "Warum nicht?"],
    ["好的，我来了。", "OK, I am coming."],
    ["Das ist der Hund.", "That is the dog."],
    ["", "x"],
    ["这是我的书。", "This is my book."],
    ["我爱好翻译。", "I love translating."],
    ["Das ist keine Alternative.", "That's not an option."],
    ["Das ist mein Satz!", "That's my line!"],
  ])("is not where it is the text itself: %s", (reply, source) =>
    expect(checkNoTalk(reply, source).outcome).toBe("pass"),
  );

  it("is undecided where the source talks so too", () =>
    expect(checkNoTalk("Here is the translation: three pages.", "这是译文：三页。").outcome).toBe("unknown"));
});

describe("refusals", () => {
  it.each([
    ["I'm sorry, but I cannot translate this text."],
    ["As an AI language model, I have no opinion."],
    ["对不起，我无法提供此翻译。"],
    ["作为一个人工智能，我没有看法。"],
    ["Es tut mir leid, aber ich kann dir dabei nicht helfen."],
    ["Als KI habe ich keine Meinung."],
  ])("are found: %s", (reply) => expect(checkNoRefusal(reply, "The dog sleeps.").outcome).toBe("fail"));

  it("are not where nobody refuses", () => {
    expect(checkNoRefusal("I'm sorry, but I can't come.", "Leider komme ich heute zu spät.").outcome).toBe("pass");
    expect(checkNoRefusal("她無法回答這個問題。", "She couldn't answer the question.").outcome).toBe("pass");
    expect(checkNoRefusal("I cannot help with that.", "Dabei kann ich nicht helfen.").outcome).toBe("unknown");
  });
});

describe("loops", () => {
  it.each([
    ["the cat sat on the cat sat on the cat sat on the cat sat on the cat sat on"],
    ["好好好好好好好好好好好好好"],
    [`He said: ${"no ".repeat(20)}`],
    ["我喜欢你，我喜欢你，我喜欢你，我喜欢你，"],
  ])("are found: %s", (reply) => expect(checkNoLoop(reply, "Hello.").outcome).toBe("fail"));

  it.each([["No, no, no!"], ["ha ha ha ha"], ["Row, row, row your boat, gently down the stream."], [""]])(
    "are none: %s",
    (reply) => expect(checkNoLoop(reply, "Hello.").outcome).toBe("pass"),
  );

  it("are undecided where the source has one", () =>
    expect(checkNoLoop("nein ".repeat(20), "no ".repeat(20)).outcome).toBe("unknown"));
});

describe("register", () => {
  it.each([
    ["pass", "Könnten Sie mir helfen?", "formal", "de"],
    ["fail", "Könnten Sie mir helfen?", "informal", "de"],
    ["pass", "Kannst du mir helfen?", "informal", "de"],
    ["fail", "Kannst du mir helfen?", "formal", "de"],
    ["unknown", "Kannst du mir helfen, oder können Sie es?", "formal", "de"],
    ["unknown", "Sie ist nicht da.", "formal", "de"],
    ["unknown", "Ist er da? Sie ist es nicht.", "formal", "de"],
    ["unknown", "Der Hund schläft.", "formal", "de"],
    ["unknown", "Duden", "informal", "de"],
    ["pass", "Geben Sie mir Ihre Hand.", "formal", "de-AT"],
    ["pass", "您好吗？", "formal", "zh-Hans"],
    ["fail", "你好吗？", "formal", "zh-Hans"],
    ["pass", "你好吗？", "informal", "zh-Hant"],
    ["unknown", "您好，你们好。", "formal", "zh-Hans"],
    ["unknown", "How are you?", "formal", "en"],
  ] as const)("%s: %s is %s in %s", (outcome, reply, register, language) =>
    expect(checkRegister(reply, register, language).outcome).toBe(outcome),
  );
});

describe("formats", () => {
  it.each([
    ["pass", "1.234,5", "de"],
    ["fail", "1,234.5", "de"],
    ["pass", "1,234.5", "en-US"],
    ["fail", "1.234,5", "en-US"],
    ["unknown", "1.234", "de"],
    ["unknown", "1,234", "de"],
    ["pass", "3,14", "de"],
    ["fail", "3.14", "de"],
    ["pass", "1,234,567", "en"],
    ["fail", "1.234.567", "en"],
    ["pass", "am 31.12.2024", "de"],
    ["fail", "on 31.12.2024", "en-US"],
    ["pass", "12/31/2024", "en-US"],
    ["fail", "12/31/2024", "en-GB"],
    ["pass", "31/12/2024", "en-GB"],
    ["pass", "2024/12/31", "zh-Hans"],
    ["fail", "12/31/2024", "zh-Hans"],
    ["unknown", "2024-12-31", "de"],
    ["unknown", "Version 1.2.3", "de"],
    ["unknown", "keine Zahlen, 42 oder so", "de"],
    ["pass", "1’234.50", "de-CH"],
    ["fail", "am 31.12.2024 für 3.14", "de"],
    ["fail", "1.234,5", "fr"],
    ["pass", "1\u00a0234,5", "fr"],
    ["pass", "1234,5", "fr"],
    ["fail", "12,34,567", "en-US"],
    ["pass", "12,34,567", "en-IN"],
    ["fail", "1,234,567.8.9", "en-US"],
    ["pass", "123,456,789,012,345,678,901.5", "en-US"],
  ] as const)("%s: %s as in %s", (outcome, reply, locale) => expect(checkFormats(reply, locale).outcome).toBe(outcome));

  it("passes what Intl writes, wherever it passes or knows nothing", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("de", "en-US", "en-GB", "fr", "zh-Hans", "de-CH", "es", "ja", "en-IN"),
        fc.double({ min: 0.01, max: 1e9, noNaN: true }),
        fc.date({ min: new Date("1900-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
        (locale, number, date) => {
          const year = { year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC" } as const;
          const text = `${new Intl.NumberFormat(locale).format(number)} x ${new Intl.DateTimeFormat(locale, year).format(date)}`;
          expect(checkFormats(text, locale).outcome).not.toBe("fail");
        },
      ),
    );
  });
});

describe("protected spans", () => {
  it.each([
    ["pass", "Öffne <b>{name}</b>", "Open <b>{name}</b>"],
    ["fail", "Öffne <b>{Name}</b>", "Open <b>{name}</b>"],
    ["fail", "Öffne {name}", "Open <b>{name}</b>"],
    ["fail", "Öffne <b><b>{name}</b>", "Open <b>{name}</b>"],
    ["pass", "Siehe https://a.example/x?y=1.", "See https://a.example/x?y=1, please"],
    ["fail", "Siehe https://a.example/X", "See https://a.example/x"],
    ["pass", "请看https://a.example/x。", "See https://a.example/x."],
    ["pass", "%1$s hat %d", "%1$s has %d"],
    ["fail", "%2$s hat %d", "%1$s has %d"],
    ["pass", "Nimm `npm i`", "Use `npm i`"],
    ["fail", "Nimm `npm installieren`", "Use `npm i`"],
    ["fail", "Mail an b@x.example", "Mail to a@x.example"],
    ["pass", "{n, plural, one {# Datei} other {# Dateien}}", "{n, plural, one {# file} other {# files}}"],
  ] as const)("%s: %s for %s", (outcome, reply, source) =>
    expect(checkProtectedSpans(reply, source)?.outcome).toBe(outcome),
  );

  it("says nothing where there are none", () =>
    expect(checkProtectedSpans("50 % der Leute", "50% of people")).toBeUndefined());
});

describe("differences", () => {
  it("gives both texts, and leaves a longest common subsequence", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "账"), { maxLength: 9 }).map((words) => words.join(" "));
    const longest = (left: readonly string[], right: readonly string[]): number => {
      if (left.length === 0 || right.length === 0) return 0;
      const [first, ...rest] = left;
      const at = right.indexOf(first!);
      return Math.max(longest(rest, right), at === -1 ? 0 : 1 + longest(rest, right.slice(at + 1)));
    };
    fc.assert(
      fc.property(text, text, (before, after) => {
        const found = findDifferences(before, after)!;
        const count = (side: "removed" | "added") =>
          found.reduce((sum, difference) => sum + difference[side].length, 0);
        const [left, right] = [piecesOf(before), piecesOf(after)];
        const common = longest(left, right);
        expect([count("removed"), count("added")]).toEqual([left.length - common, right.length - common]);
      }),
    );
  });

  it("does not compare what is too long", () => {
    const words = (name: string) => Array.from({ length: 3000 }, (_value, index) => `${name}${index}`).join(" ");
    expect(findDifferences(words("a"), words("b"))).toBeUndefined();
    expect(findDifferences(words("a"), `${words("a")} more`)).toEqual([{ removed: [], added: ["more"] }]);
  });
});

describe("changes beside the one that was asked", () => {
  it.each([
    ["pass", "Der alte Hund schläft.", "Der alte Hund schläft."],
    ["pass", "der alte  hund schläft", "Der alte Hund schläft."],
    ["unknown", "Die alte Katze schläft.", "Der alte Katze schläft."],
    ["fail", "Gestern ging ich nach Hause und aß etwas.", "Der alte Hund schläft."],
  ] as const)("%s: %s for %s", (outcome, reply, expected) =>
    expect(checkOnlyAsked(reply, [expected]).outcome).toBe(outcome),
  );

  it("knows a copy", () => {
    expect(checkChanged("Der Hund .", "der  Hund.").outcome).toBe("fail");
    expect(checkChanged("Der Hund", "Ein Hund").outcome).toBe("pass");
    expect(checkChanged("Der Hund", undefined).outcome).toBe("unknown");
    expect(checkNotCopied("The dog sleeps well.", "The dog sleeps well.").outcome).toBe("fail");
    expect(checkNotCopied("Hotel Berlin", "Hotel Berlin").outcome).toBe("unknown");
    expect(checkNotCopied("Hotel", "Berlin").outcome).toBe("pass");
  });
});

describe("prefix", () => {
  it("is compared byte for byte", () => {
    const bytes = new TextEncoder().encode("账本");
    expect(checkPrefix("账本是", "账本").outcome).toBe("pass");
    expect(checkPrefix("账本是", bytes.subarray(0, 4)).outcome).toBe("pass");
    expect(checkPrefix("账目", bytes).outcome).toBe("fail");
    expect(checkPrefix("cafe\u0301 noir", "café").outcome).toBe("fail");
    expect(checkPrefix("账", bytes).outcome).toBe("fail");
  });
});
