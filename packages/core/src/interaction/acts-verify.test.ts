import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Act } from "./act.ts";
import { alternatives } from "./acts/alternatives.ts";
import { ask } from "./acts/ask.ts";
import { backTranslate } from "./acts/back-translate.ts";
import { correct } from "./acts/correct.ts";
import { deleteText } from "./acts/delete.ts";
import { replaceAll } from "./acts/edits.ts";
import { explain } from "./acts/explain.ts";
import { forbidTerms } from "./acts/forbid-terms.ts";
import { glossary } from "./acts/glossary.ts";
import { includeTerms } from "./acts/include-terms.ts";
import { insert } from "./acts/insert.ts";
import { keepPrefix } from "./acts/keep-prefix.ts";
import { keepUntranslated } from "./acts/keep-untranslated.ts";
import { lengthen } from "./acts/lengthen.ts";
import { release } from "./acts/release.ts";
import { rephrase } from "./acts/rephrase.ts";
import { replace } from "./acts/replace.ts";
import { revise } from "./acts/revise.ts";
import { setFormats } from "./acts/set-formats.ts";
import { setLength } from "./acts/set-length.ts";
import { setRegister } from "./acts/set-register.ts";
import { shorten } from "./acts/shorten.ts";
import { switchLanguage } from "./acts/switch-language.ts";
import { translate } from "./acts/translate.ts";
import { createState, type TranslationState } from "./translation-state.ts";
import { verifyState } from "./verify-state.ts";

const source = "The old dog, who is 7, sleeps in the garden.";
const last = "Der alte Hund, der 7 ist, schläft im Garten.";
const state: TranslationState = { ...createState("en", "de", source), translation: last };

function outcome(act: Act, reply: string, before = state): string {
  return act.verify(reply, { before, after: act.apply(before) }).outcome;
}

describe("what is asked is verified", () => {
  const cases: readonly (readonly [outcome: "pass" | "fail" | "unknown", act: Act, reply: string])[] = [
    ["unknown", translate(), last],
    ["fail", translate(), source],
    ["fail", translate(), "Der alte Hund, der 8 ist, schläft im Garten."],
    ["fail", translate(), "这只老狗七岁了，睡在花园里。"],
    ["fail", translate(), `Here is the translation: ${last}`],
    ["pass", includeTerms(["Hund"]), last],
    ["fail", includeTerms(["Köter"]), last],
    ["fail", includeTerms(["Köter"]), "Sure, here is the translation with “Köter”: Der alte Hund schläft."],
    ["fail", includeTerms(["Köter"]), "Der alte Hund schläft.\n\nNote: I could not use Köter."],
    ["fail", includeTerms(["Köter"]), "Make sure the translation includes “Köter”. Der alte Hund schläft."],
    ["unknown", includeTerms(["Köter"]), "Das Wort „Köter“ passt hier nicht."],
    ["fail", includeTerms(["Hund", "Köter"]), last],
    ["pass", includeTerms([["Köter", "Hund"]]), last],
    ["unknown", includeTerms([{ forms: ["Katze"], source: "cat" }]), last],
    ["pass", forbidTerms(["Köter"]), last],
    ["fail", forbidTerms(["hund"]), last],
    ["unknown", forbidTerms(["Gart"]), last],
    ["pass", glossary([{ source: "dog", targets: "Hund" }]), last],
    ["fail", glossary([{ source: "dog", targets: ["Rüde", "Hündin"] }]), last],
    ["unknown", glossary([{ source: "cat", targets: "Katze" }]), last],
    ["unknown", glossary([{ source: "sleep", targets: "ruhen" }]), last],
    ["fail", keepUntranslated(["garden"]), last],
    ["pass", keepUntranslated(["garden"]), "Der alte Hund, der 7 ist, schläft im garden."],
    ["pass", shorten(), "Der alte Hund schläft im Garten."],
    ["fail", shorten(), last],
    ["pass", shorten({ most: 5 }), "Der alte Hund schläft im …"],
    ["fail", shorten({ most: 5 }), "Der alte Hund schläft im Garten."],
    ["fail", shorten({ most: 20, unit: "characters" }), "Der alte Hund schläft."],
    ["pass", lengthen(), "Der alte Hund, der 7 ist, schläft sehr tief im Garten."],
    ["fail", lengthen(), "Der alte Hund schläft im Garten."],
    ["pass", lengthen({ least: 9 }), last],
    ["fail", lengthen({ least: 10 }), last],
    ["pass", setLength({ least: 9, most: 9 }), last],
    ["fail", setLength({ least: 8, most: 8 }), last],
    ["pass", setRegister("formal"), "Können Sie kommen?"],
    ["fail", setRegister("formal"), "Kannst du kommen?"],
    ["unknown", setRegister("formal"), last],
    ["pass", setFormats("de"), "Es kostet 1.234,50 Euro."],
    ["fail", setFormats("de"), "Es kostet 1,234.50 Euro."],
    ["unknown", setFormats("de"), last],
    ["pass", keepPrefix("Der al"), last],
    ["fail", keepPrefix("Der al "), last],
    ["unknown", rephrase(), "Im Garten schläft der alte Hund, der 7 ist."],
    ["fail", rephrase(), last],
    ["fail", rephrase("alte Hund"), "Im Garten schläft der alte Hund, der 7 ist."],
    ["unknown", rephrase("alte Hund"), "Im Garten schläft der betagte Hund, der 7 ist."],
    ["unknown", revise("use the past tense"), "Der alte Hund, der 7 ist, schlief im Garten."],
    ["fail", revise("use the past tense"), last],
    ["pass", insert("sehr"), "Der sehr alte Hund, der 7 ist, schläft im Garten."],
    ["fail", insert("sehr"), last],
    ["fail", insert("sehr"), "Mein sehr müder Kater hat gestern zwei Mäuse gefressen und ging weg."],
    ["unknown", insert("sehr"), "Die sehr alte Hündin, der 7 ist, schläft im Garten."],
    ["unknown", insert("即将"), "Der baldige alte Hund, der 7 ist, schläft im Garten."],
    ["pass", insert("Ach", { place: "start" }), "Ach, der alte Hund, der 7 ist, schläft im Garten."],
    ["fail", insert("Ach", { place: "start" }), "Der alte Hund, ach, der 7 ist, schläft im Garten."],
    ["pass", insert("sehr", { place: "before", anchor: "alte" }), "Der sehr alte Hund, der 7 ist, schläft im Garten."],
    ["fail", insert("sehr", { place: "after", anchor: "alte" }), "Der sehr alte Hund, der 7 ist, schläft im Garten."],
    ["pass", replace("Hund", "Kater"), "Der alte Kater, der 7 ist, schläft im Garten."],
    ["fail", replace("Hund", "Kater"), last],
    ["fail", replace("Hund", "Kater"), "Der alte Hund und der Kater, der 7 ist, schläft im Garten."],
    ["fail", replace("Hund", "Kater"), "Ein Kater ging gestern ganz allein in die Stadt und kam nicht wieder."],
    ["unknown", replace("Hund", "Katze"), "Die alte Katze, die 7 ist, schläft im Garten."],
    ["unknown", replace("Vogel", "Kater"), "Der alte Kater, der 7 ist, schläft im Garten."],
    ["pass", replace("Hund", "Hund von Tom"), "Der alte Hund von Tom, der 7 ist, schläft im Garten."],
    ["pass", deleteText("alte"), "Der Hund, der 7 ist, schläft im Garten."],
    ["fail", deleteText("alte"), last],
    ["unknown", deleteText("neue"), last],
    ["pass", correct({ wrong: "Garten", right: "Park" }), "Der alte Hund, der 7 ist, schläft im Park."],
    ["fail", correct({ wrong: "Garten", right: "Park" }), last],
    ["unknown", correct({ wrong: "Garten" }), "Der alte Hund, der 7 ist, schläft im Park."],
    ["fail", correct({ wrong: "Garten" }), last],
    ["unknown", correct(), last],
    ["unknown", explain(), "Weil es so üblich ist."],
    ["fail", explain(), ""],
    ["unknown", ask("Why?"), "Because."],
    ["fail", ask("Why?"), "As an AI, I do not know."],
    ["unknown", alternatives(2), "1. Der betagte Hund schläft.\n2. Ein alter Hund schläft."],
    ["fail", alternatives(3), "1. Der betagte Hund schläft.\n2. Ein alter Hund schläft."],
    ["fail", alternatives(2), "- Der betagte Hund schläft.\n- Der betagte Hund schläft."],
    ["fail", alternatives(2), `- Der betagte Hund schläft.\n- ${last}`],
    ["unknown", backTranslate(), "The aged dog, who is 7, is sleeping in the garden, and that is it."],
    ["fail", backTranslate(), last],
    ["fail", backTranslate(), "The aged dog, who is 9, is sleeping in the garden, and that is it."],
    ["pass", switchLanguage("zh-Hans"), "这只7岁的老狗在花园里睡觉。"],
    ["fail", switchLanguage("zh-Hant"), "这只7岁的老狗在花园里睡觉。"],
    ["fail", switchLanguage("zh-Hans"), last],
    ["unknown", release({ terms: ["Hund"] }), last],
  ];
  it.each(cases)("%s: %o of %j", (expected, act, reply) => expect(outcome(act, reply)).toBe(expected));

  it("with nothing to compare with, nothing is decided", () => {
    const first = createState("en", "de", source);
    for (const act of [shorten(), lengthen(), rephrase(), deleteText("x"), replace("x", "Hund"), revise("x")]) {
      expect([act.kind, outcome(act, last, first)]).toEqual([act.kind, "unknown"]);
    }
  });

  it("a reply that may talk about itself does not pass", () => {
    const before = { ...state, source: "Here is the translation of the note." };
    expect(outcome(includeTerms(["Köter"]), "Here is the translation: Köter", before)).toBe("unknown");
  });
});

describe("a pass", () => {
  const word = fc.constantFrom(
    "der",
    "alte",
    "Hund",
    "Hunde",
    "hund",
    "Kater",
    "schläft",
    "im",
    "Garten",
    "Sure,",
    "“Kater”",
    "Hund-",
  );
  const sentence = fc.array(word, { minLength: 1, maxLength: 9 }).map((words) => words.join(" "));
  const wordsOf = (text: string) => text.split(/\s+/).filter((run) => run !== "");

  it("means that a term is there, as a word of its own", () => {
    fc.assert(
      fc.property(sentence, (reply) => {
        if (outcome(includeTerms(["Kater"]), reply) === "pass") expect(wordsOf(reply)).toContain("Kater");
      }),
    );
  });

  it("means that a term is not there", () => {
    fc.assert(
      fc.property(sentence, (reply) => {
        if (outcome(forbidTerms(["Hund"]), reply) === "pass") expect(reply.toLowerCase()).not.toContain("hund");
      }),
    );
  });

  it("means that a reply is shorter, and another longer", () => {
    fc.assert(
      fc.property(sentence, sentence, (translation, reply) => {
        const before = { ...state, translation };
        const longer = wordsOf(reply).length - wordsOf(translation).length;
        if (outcome(shorten(), reply, before) === "pass") expect(longer).toBeLessThan(0);
        if (outcome(lengthen(), reply, before) === "pass") expect(longer).toBeGreaterThan(0);
      }),
    );
  });

  it("means that one word became another, and no other changed", () => {
    fc.assert(
      fc.property(sentence, sentence, (translation, other) => {
        const before = { ...state, translation };
        for (const reply of [translation.replaceAll("Kater", "Vogel"), other.replaceAll("Kater", "Vogel")]) {
          if (outcome(replace("Kater", "Vogel"), reply, before) !== "pass") continue;
          expect(bare(reply)).toBe(bare(translation.replaceAll("Kater", "Vogel")));
          expect(reply).toContain("Vogel");
        }
      }),
    );
  });

  it("means that one word went, and no other changed", () => {
    fc.assert(
      fc.property(sentence, sentence, (translation, other) => {
        const before = { ...state, translation };
        for (const reply of [translation.replaceAll("Kater", ""), other]) {
          if (outcome(deleteText("Kater"), reply, before) !== "pass") continue;
          expect(bare(reply)).toBe(bare(translation.replaceAll("Kater", "")));
        }
      }),
    );
  });

  function bare(text: string): string {
    return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  }
});

describe("verifyState", () => {
  const full: TranslationState = {
    ...createState("en", "de", "Open the file {name}, 1,234.5 kB, with the tool, please."),
    translation: undefined,
    required: [{ forms: ["Werkzeug"] }, { forms: ["Rohr"], source: "pipe" }],
    forbidden: [{ term: "Akte" }],
    glossary: [
      { source: "file", targets: ["Datei"] },
      { source: "cat", targets: ["Katze"] },
    ],
    length: { unit: "words", most: 12 },
    ...{ register: "formal", formats: "de", prefix: "Öffnen" },
  };
  const outcomes = (reply: string) =>
    Object.fromEntries(verifyState(reply, full).map(({ rule, verdict }) => [rule, verdict.outcome]));

  it("checks every rule, and only those that apply", () => {
    expect(outcomes("Öffnen Sie bitte die Datei {name}, 1.234,5 kB, mit dem Werkzeug.")).toEqual({
      ...{
        language: "pass",
        numbers: "pass",
        spans: "pass",
        copy: "pass",
        talk: "pass",
        refusal: "pass",
        loop: "pass",
      },
      ...{ 'include "Werkzeug"': "pass", 'forbid "Akte"': "pass", 'glossary "file"': "pass", length: "pass" },
      ...{ register: "pass", formats: "pass", prefix: "pass" },
    });
  });

  it("finds everything that is broken", () => {
    expect(
      outcomes("Kannst du bitte die Akte {Name} mit 1,234.6 kB und noch sehr vielen anderen schönen Dingen öffnen?"),
    ).toEqual({
      ...{
        language: "pass",
        numbers: "fail",
        spans: "fail",
        copy: "pass",
        talk: "pass",
        refusal: "pass",
        loop: "pass",
      },
      ...{ 'include "Werkzeug"': "fail", 'forbid "Akte"': "fail", 'glossary "file"': "fail", length: "fail" },
      ...{ register: "fail", formats: "fail", prefix: "fail" },
    });
  });

  it("takes another detector of languages", () => {
    const [language] = verifyState("Hotel", createState("en", "de", "Hotel"), { detectLanguage: () => "fr" });
    expect(language).toEqual({
      rule: "language",
      verdict: { outcome: "fail", reason: "it is in French, not in German" },
    });
  });

  it("takes time that grows with the length of hostile texts", () => {
    const units = [
      "\n",
      "a",
      "(",
      "1,",
      "1.",
      "<a",
      "{",
      "http://.",
      "a@",
      "“",
      '"',
      "'",
      "Sie ",
      "您",
      " \t",
      "-",
      "\u0301",
      "sure ",
      "`",
    ];
    for (const unit of units) {
      const text = `Here ${unit.repeat(10_000)} x`;
      const start = performance.now();
      verifyState(text, { ...full, source: text });
      verifyState(text, full);
      expect([unit, performance.now() - start < 5000]).toEqual([unit, true]);
    }
  });

  it("fails an empty reply", () =>
    expect(verifyState(" ", createState("en", "de", "x"))[0]?.verdict.outcome).toBe("fail"));
});

it("replaces parts of a translation whatever their characters", () => {
  for (let code = 0x21; code < 0x7f; code++) {
    const part = `a${String.fromCharCode(code)}b`;
    expect(replaceAll(`x ${part} y`, part, "$&")).toBe("x $& y");
  }
});
