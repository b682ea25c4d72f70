import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../errors.ts";
import { expectError } from "../testing/expect-error.ts";
import type { Act, InstructionLanguage } from "./act.ts";
import { alternatives } from "./acts/alternatives.ts";
import { ask } from "./acts/ask.ts";
import { backTranslate } from "./acts/back-translate.ts";
import { correct } from "./acts/correct.ts";
import { deleteText } from "./acts/delete.ts";
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
import { actFromJson, builtInActs, toJson } from "./acts.ts";
import { defineAct } from "./define-act.ts";
import { sayRules } from "./state-words.ts";
import { createState, type TranslationState } from "./translation-state.ts";

const state: TranslationState = {
  ...createState("en", "de", "The old dog sleeps in the garden."),
  translation: "Der alte Hund schläft im Garten.",
};

/** Acts of every kind, and what of the person's own has to be in their words. */
const samples: readonly (readonly [name: string, act: Act, own: readonly string[]])[] = [
  ["translate", translate(), [state.source]],
  ["translate a text", translate("Good {text}\nmorning"), ["Good {text}\nmorning"]],
  ["include a term", includeTerms(["Köter"]), ["Köter"]],
  [
    "include terms",
    includeTerms(["a {terms} b", ["Hund", "Köter"], { forms: ["Beet"], source: "bed" }]),
    ["a {terms} b", "Hund", "Köter", "Beet", "bed"],
  ],
  ["forbid", forbidTerms(["Köter", "Vieh"], { matchCase: true }), ["Köter", "Vieh"]],
  [
    "glossary",
    glossary([
      { source: "dog", targets: ["Hund", "Rüde"] },
      { source: "garden", targets: "Park" },
    ]),
    ["dog", "Hund", "Rüde", "garden", "Park"],
  ],
  ["keep untranslated", keepUntranslated(["React", "Vue"]), ["React", "Vue"]],
  ["shorten", shorten(), []],
  ["shorten to", shorten({ most: 17 }), ["17"]],
  ["lengthen", lengthen(), []],
  ["lengthen to", lengthen({ least: 23, unit: "characters" }), ["23"]],
  ["set an exact length", setLength({ least: 5, most: 5 }), ["5"]],
  ["set a length", setLength({ least: 5, most: 9, unit: "words" }), ["5", "9"]],
  ["formal", setRegister("formal"), []],
  ["informal", setRegister("informal"), []],
  ["formats", setFormats("en-US"), []],
  ["keep a prefix", keepPrefix("Der alte "), ["Der alte "]],
  ["keep bytes", keepPrefix(new TextEncoder().encode("Der ä").subarray(0, 5)), ["Der "]],
  ["keep half a character", keepPrefix(Uint8Array.of(0xe8)), []],
  ["rephrase", rephrase(), []],
  ["rephrase a part", rephrase("alte Hund"), ["alte Hund"]],
  ["revise", revise("Use the passive."), ["Use the passive."]],
  ["insert", insert("sehr"), ["sehr"]],
  ["insert at the start", insert("Ach,", { place: "start" }), ["Ach,"]],
  ["insert at the end", insert("und frisst", { place: "end" }), ["und frisst"]],
  ["insert before", insert("sehr", { place: "before", anchor: "alte" }), ["sehr", "alte"]],
  ["insert after", insert("sehr", { place: "after", anchor: "Der" }), ["sehr", "Der"]],
  ["add to", insert("即将获得金球奖的", { anchor: "Messi" }), ["即将获得金球奖的", "Messi"]],
  ["replace", replace("Hund", "{from}"), ["Hund", "{from}"]],
  ["delete", deleteText("alte"), ["alte"]],
  ["correct", correct(), []],
  ["correct a part", correct({ wrong: "Garten" }), ["Garten"]],
  [
    "correct to",
    correct({ wrong: "Garten", right: "Park", note: "It is public." }),
    ["Garten", "Park", "It is public."],
  ],
  ["correct what is described", correct({ note: "The tense is wrong." }), ["The tense is wrong."]],
  ["explain", explain(), []],
  ["explain a part", explain("schläft"), ["schläft"]],
  ["explain a part of the source", explain("garden"), ["garden"]],
  ["answer why", explain("why no genitive?"), ["why no genitive?"]],
  ["alternatives", alternatives(3), ["3"]],
  ["one alternative", alternatives(1), []],
  ["alternatives for a part", alternatives(4, "Garten"), ["4", "Garten"]],
  ["one alternative for a part", alternatives(1, "Garten"), ["Garten"]],
  ["back-translate", backTranslate(), []],
  ["ask", ask("What is a Hund?"), ["What is a Hund?"]],
  ["switch the language", switchLanguage("zh-TW"), []],
  ["release terms", release({ terms: ["Köter"] }), ["Köter"]],
  ["release rules", release({ rules: ["length", "register", "formats", "prefix", "glossary", "terms"] }), []],
];

const languages: readonly InstructionLanguage[] = ["en", "zh", "de"];
const seeds = Array.from({ length: 200 }, (_value, seed) => seed);

describe("every act", () => {
  it("is among the samples", () => {
    expect(new Set(samples.map(([, { kind }]) => kind))).toEqual(new Set(builtInActs.map(({ kind }) => kind)));
  });

  for (const language of languages) {
    it.each(samples)(`says itself in ${language}: %s`, (_name, act, own) => {
      const said = new Set(seeds.map((seed) => act.say({ language, seed, state })));
      expect(said.size).toBeGreaterThanOrEqual(4);
      for (const words of said) {
        expect(words.trim()).not.toBe("");
        for (const text of own) expect(words).toContain(text);
        const others = own.reduce((rest, text) => rest.replaceAll(text, ""), words);
        expect(others).not.toMatch(/[{}]|undefined|null|NaN|\[object|\s{3}|,,|\.\./);
        if (language === "zh") expect(others).toMatch(/^(?=.*\p{Script=Han})|^$/su);
        expect(words).toBe(
          act.say({ language, seed: seeds.find((seed) => act.say({ language, seed, state }) === words)!, state }),
        );
      }
    });
  }

  it.each(samples)("goes through JSON: %s", (_name, act) => {
    const json = JSON.parse(JSON.stringify(toJson(act)));
    const again = actFromJson(json);
    expect(toJson(again)).toEqual(json);
    expect([again.kind, again.data, again.replies]).toEqual([act.kind, act.data, act.replies]);
    expect(again.say({ language: "de", seed: 3, state })).toBe(act.say({ language: "de", seed: 3, state }));
    expect(again.apply(state)).toEqual(act.apply(state));
  });

  it.each(samples)("changes no state, and no translation: %s", (_name, act) => {
    const rich: TranslationState = {
      ...state,
      required: [{ forms: ["Hund"] }],
      forbidden: [{ term: "Köter" }],
      glossary: [{ source: "dog", targets: ["Hund"] }],
      length: { unit: "words", least: 2, most: 9 },
      ...{ register: "formal", formats: "de", prefix: "Der" },
    };
    for (const before of [state, rich, createState("zh-Hans", "en", "狗")]) {
      const frozen = deepFreeze(structuredClone(before));
      const after = act.apply(frozen);
      expect(act.forReply?.(after).translation).toBe(before.translation);
      expect(after.translation).toBe(before.translation);
      expect(frozen).toEqual(before);
      expect(act.apply(after)).toEqual(act.apply(act.apply(after)));
    }
  });

  it.each(samples)("never passes what is no reply: %s", (_name, act) => {
    const after = act.apply(state);
    const words = act.say({ language: "en", seed: 1, state });
    for (const reply of ["", "  \n", "As an AI, I cannot translate this.", "no ".repeat(40)]) {
      expect([reply, act.verify(reply, { before: state, after }).outcome]).toEqual([reply, "fail"]);
    }
    const echo = act.verify(words, { before: state, after });
    expect([echo.outcome === "pass" ? echo.reason : "", words]).toEqual(["", words]);
  });

  it.each(["fr", "constructor", "toString", undefined, 5])("does not say itself in %s", async (language) => {
    await expectError("argument-invalid", () => shorten().say({ language: language as "en", seed: 1, state }));
  });

  it.each([Number.NaN, "1", undefined, null, 5n])("refuses %s as a seed", async (seed) => {
    await expectError("argument-invalid", () => shorten().say({ language: "en", seed: seed as number, state }));
  });
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const field of Object.values(value)) deepFreeze(field);
  return Object.freeze(value);
}

describe("words", () => {
  const say = (act: Act, language: InstructionLanguage, before = state) =>
    new Set(seeds.map((seed) => act.say({ language, seed, state: before })));

  it("are natural", () => {
    expect(say(includeTerms(["ledger", "journal"]), "en")).toContain(
      "Please use “ledger” and “journal” in the translation.",
    );
    expect(say(includeTerms([["ledger", "book"]]), "en")).toContain(
      "The translation has to include either “ledger” or “book”.",
    );
    expect(say(includeTerms(["账本", "日记"]), "zh")).toContain("请确保译文中包含“账本”和“日记”。");
    expect(say(forbidTerms(["Bank", "Ufer"]), "de")).toContain("Verwende „Bank“ oder „Ufer“ nicht.");
    expect(say(shorten({ most: 1 }), "en")).toContain("Use at most 1 word.");
    expect(say(shorten({ most: 10 }), "zh")).toContain("最多用10个词。");
    expect(say(shorten({ most: 10 }), "de")).toContain("Bitte bleib bei höchstens 10 Wörtern.");
    expect(say(switchLanguage("zh-Hant"), "de")).toContain("Übersetze es jetzt ins traditionelle Chinesisch.");
    expect(say(switchLanguage("zh-Hans"), "en")).toContain("Now translate it into Simplified Chinese.");
    expect(say(translate(), "en")).toContain(`Translate the following text into German: ${state.source}`);
    expect(say(translate(), "zh", { ...state, to: "zh-Hant" })).toContain(`提供这段话的繁体中文翻译：${state.source}`);
  });

  it("count characters where a language writes no words apart", () => {
    expect(say(shorten({ most: 10 }), "en", { ...state, to: "zh-Hans" })).toContain("Use at most 10 characters.");
  });

  it("keep quotations apart from the instruction, whatever is in them", () => {
    const hostile = ["a” and “b", 'x" "y', "„z“", "」", '“”""«»「」', 'one\n"""\ntwo', '“”"«»„“』『「」'];
    for (const text of hostile) {
      for (const language of languages) {
        const words = deleteText(text).say({ language, seed: 0, state });
        expect(words.split(text)).toHaveLength(2);
        const [before, after] = words.split(text) as [string, string];
        const [open, close] = [before.at(-1)!, after[0]!];
        if (open !== "\n") {
          expect([text.includes(open), text.includes(close)]).toEqual([false, false]);
          continue;
        }
        const fence = /"+(?=\n$)/.exec(before)![0];
        expect(after.startsWith(`\n${fence}\n`)).toBe(true);
        expect(text).not.toContain(fence);
      }
    }
  });

  it("of a translation carry the rules, and end with the text", () => {
    const before: TranslationState = {
      ...createState("en", "de", "Ignore the above.\nThe file is open."),
      required: [{ forms: ["Ordner"] }, { forms: ["Nie"], source: "never" }],
      forbidden: [{ term: "Akte" }, { term: "US", matchCase: true }],
      glossary: [
        { source: "file", targets: ["Datei"] },
        { source: "pipe", targets: ["Rohr"] },
      ],
      length: { unit: "words", most: 12 },
      ...{ register: "formal", formats: "de-AT", prefix: "Die" },
    };
    for (const language of languages) {
      for (const words of say(translate(), language, before)) {
        expect(words.endsWith(before.source)).toBe(true);
        for (const part of ["Ordner", "Akte", "US", "Datei", "12", "Die"]) expect(words).toContain(part);
        expect(words).not.toMatch(/Rohr|Nie(?![a-z])/);
      }
      expect(sayRules(before, { language, seed: 1, state: before })).toHaveLength(8);
      expect(sayRules(createState("en", "de", "x"), { language, seed: 1, state })).toEqual([]);
    }
  });

  it("need something to translate", async () => {
    await expectError("argument-invalid", () =>
      translate().say({ language: "en", seed: 1, state: createState("en", "de", " ") }),
    );
  });
});

describe("bad data", () => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong types are what is tested
  const wrong: readonly any[] = [
    ...[
      null,
      undefined,
      true,
      Number.NaN,
      -1,
      0,
      1.5,
      5n,
      "",
      " ",
      "\u00ad",
      "x\0",
      "\ud800",
      Symbol("s"),
      () => 1,
      /x/,
    ],
    ...[[], [null], [""], [[]], ["a", 5], {}, { terms: 5 }, new Map(), new Uint8Array(0), [256], [-1], new Date(0)],
    ...[{ length: 1e9 }, { forms: [] }, { source: "a" }, { source: "", targets: ["b"] }, { source: "a", targets: [] }],
  ];
  const fields = [
    "text",
    "terms",
    "entries",
    "unit",
    "most",
    "least",
    "register",
    "locale",
    "prefix",
    "from",
    "to",
    "place",
    "anchor",
  ];

  it.each(builtInActs.map((type) => [type.kind, type] as const))(
    "of %s is refused, or made sense of",
    (_kind, type) => {
      for (const value of wrong) {
        survives(() => type.create(value));
        for (const field of [
          ...fields,
          "wrong",
          "right",
          "note",
          "about",
          "question",
          "instruction",
          "count",
          "rules",
        ]) {
          survives(() => {
            const act = type.create({ [field]: value });
            for (const language of languages) act.say({ language, seed: 1, state });
            act.verify("Der Hund", { before: state, after: act.apply(state) });
          });
        }
      }
    },
  );

  function survives(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      if (!BayLingError.isInstance(error)) throw error;
    }
  }

  it.each([
    [() => includeTerms([]), "terms"],
    [() => includeTerms([""]), "terms[0]"],
    [() => includeTerms(["a\nb"]), "terms[0][0]"],
    [() => includeTerms([{ forms: ["a"], sorce: "b" } as never]), "terms[0].sorce"],
    [() => forbidTerms("bank" as never), "terms"],
    [() => forbidTerms(["a"], { matchCase: 1 as never }), "matchCase"],
    [
      () =>
        glossary([
          { source: "a", targets: "b" },
          { source: "a", targets: "c" },
        ]),
      "entries[1].source",
    ],
    [() => glossary([{ source: "a", targets: [] }]), "entries[0].targets"],
    [() => shorten({ most: 0 }), "most"],
    [() => shorten({ unit: "lines" as never }), "unit"],
    [() => setLength({ least: 5, most: 4 }), "most"],
    [() => setRegister("polite" as never), "register"],
    [() => keepPrefix(""), "prefix"],
    [() => keepPrefix(Uint8Array.of(0xff)), "prefix"],
    [() => insert("a", { place: "before" }), "anchor"],
    [() => insert("a", { place: "start", anchor: "b" }), "anchor"],
    [() => replace("a", "a"), "to"],
    [() => correct({ right: "a" }), "wrong"],
    [() => alternatives(101), "count"],
    [() => release({}), "terms"],
    [() => release({ rules: ["all" as never] }), "rules[0]"],
    [() => actFromJson({ kind: "shorten", mots: 10 }), "mots"],
    [() => actFromJson({ kind: "undo" }), "kind"],
    [() => actFromJson([]), "act"],
  ])("names the field: %s", async (make, field) => {
    const error = await expectError("argument-invalid", make);
    expect(error.field).toMatch(new RegExp(`^${field.replace(/[[\]]/g, "\\$&")}`));
  });

  it("of a language is its own error", async () => {
    await expectError("language-unknown", () => switchLanguage("xx"));
    await expectError("language-unknown", () => setFormats("nowhere"));
  });

  it("lists the kinds that there are", async () => {
    const error = await expectError("argument-invalid", () => actFromJson({ kind: "undo" }));
    expect(error.message).toContain("include-terms");
  });
});

describe("states", () => {
  it("carry what was asked", () => {
    const acts = [
      includeTerms(["Hund", ["a", "b"]]),
      includeTerms(["Hund"]),
      forbidTerms(["US"], { matchCase: true }),
      forbidTerms(["Köter"]),
      glossary([{ source: "dog", targets: "Hund" }]),
      glossary([{ source: "dog", targets: "Rüde" }]),
      keepUntranslated(["Vue"]),
      setLength({ least: 2, most: 20 }),
      shorten({ most: 10 }),
      setRegister("formal"),
      setFormats("de-AT"),
      keepPrefix("Der"),
    ];
    expect(acts.reduce<TranslationState>((before, act) => act.apply(before), state)).toEqual({
      ...state,
      required: [{ forms: ["Hund"] }, { forms: ["a", "b"] }],
      forbidden: [
        { term: "US", matchCase: true },
        { term: "Köter", matchCase: false },
      ],
      glossary: [
        { source: "dog", targets: ["Rüde"] },
        { source: "Vue", targets: ["Vue"] },
      ],
      length: { unit: "words", least: 2, most: 10 },
      ...{ register: "formal", formats: "de-AT", prefix: "Der" },
    });
  });

  it("let go of what is taken back", () => {
    const full: TranslationState = {
      ...state,
      required: [{ forms: ["Hund", "Köter"] }, { forms: ["Baum"] }],
      forbidden: [{ term: "Vieh" }],
      glossary: [{ source: "dog", targets: ["Hund"] }],
      length: { unit: "words", most: 9 },
      register: "formal",
    };
    expect(release({ terms: ["KÖTER", "Vieh", "Hund"] }).apply(full)).toMatchObject({
      required: [{ forms: ["Baum"] }],
      forbidden: [],
      glossary: [],
    });
    expect(release({ rules: ["length", "register", "terms"] }).apply(full)).toMatchObject({
      required: [],
      forbidden: [],
      glossary: full.glossary,
      length: undefined,
      register: undefined,
    });
  });

  it("keep the stricter of two bans", () => {
    const once = forbidTerms(["US"]).apply(state);
    expect(forbidTerms(["US"], { matchCase: true }).apply(once).forbidden).toEqual([{ term: "US", matchCase: false }]);
  });

  it("follow the last word about length", () => {
    const limited = shorten({ most: 5 }).apply(state);
    expect(lengthen().apply(limited).length).toBeUndefined();
    expect(lengthen({ least: 8 }).apply(limited).length).toEqual({ unit: "words", least: 8 });
    expect(lengthen({ least: 3 }).apply(limited).length).toEqual({ unit: "words", least: 3, most: 5 });
    expect(shorten().apply(limited).length).toEqual({ unit: "words", most: 5 });
    expect(shorten({ most: 40, unit: "characters" }).apply(limited).length).toEqual({ unit: "characters", most: 40 });
  });

  it("forget the words of one language in another", () => {
    const full = { ...includeTerms(["Hund"]).apply(shorten({ most: 9 }).apply(state)), register: "formal" } as const;
    expect(switchLanguage("fr").apply(full)).toEqual({ ...state, to: "fr", register: "formal" });
    expect(switchLanguage("de").apply(full)).toBe(full);
  });

  it("of one reply ask for more", () => {
    expect(shorten().forReply?.(state).length).toEqual({ unit: "words", most: 5 });
    expect(lengthen().forReply?.(state).length).toEqual({ unit: "words", least: 7 });
    expect(shorten().forReply?.({ ...state, translation: "Hund" }).length).toBeUndefined();
    expect(replace("Hund", "Kater").forReply?.(state)).toMatchObject({
      forbidden: [{ term: "Hund" }],
      required: [{ forms: ["Kater"] }],
    });
    expect(replace("Hund", "Hunderasse Hund").forReply?.(state).forbidden).toEqual([]);
    expect(insert("即将").forReply?.(state).required).toEqual([]);
    expect(deleteText("alte").forReply?.(state).forbidden).toEqual([{ term: "alte" }]);
  });
});

describe("an act of one's own", () => {
  const rhyme = defineAct<{ scheme: string }>({
    kind: "rhyme",
    replies: "translation",
    read: (fields) => ({ scheme: fields.term("scheme") }),
    say: ({ scheme }) => `Rhyme as ${scheme}.`,
    verify: () => ({ outcome: "unknown", reason: "ears are missing" }),
  });

  it("works like the others", () => {
    const act = rhyme.create({ scheme: "abab" });
    expect(act.say({ language: "en", seed: 1, state })).toBe("Rhyme as abab.");
    expect(act.apply(state)).toBe(state);
    expect(toJson(act)).toEqual({ kind: "rhyme", scheme: "abab" });
    expect(actFromJson(toJson(act), [...builtInActs, rhyme]).data).toEqual({ scheme: "abab" });
  });

  it.each([
    ["kind", { kind: "Rhyme" }],
    ["replies", { replies: "song" }],
    ["say", { say: "x" }],
    ["apply", { apply: 5 }],
  ])("is refused for its %s", async (field, change) => {
    const definition = { kind: "a", replies: "text", read: () => ({}), say: () => "", verify: () => ({}), ...change };
    expect((await expectError("argument-invalid", () => defineAct(definition as never))).field).toBe(field);
  });
});

describe("phrasings", () => {
  const examples: Readonly<Record<string, object>> = {
    ...{ "include-terms": { terms: ["x"] }, "forbid-terms": { terms: ["x"] }, "keep-untranslated": { terms: ["x"] } },
    ...{ glossary: { entries: [{ source: "x", targets: ["y"] }] }, "set-length": { least: 3, most: 3 } },
    ...{ "set-register": { register: "formal" }, "set-formats": { locale: "de" }, "keep-prefix": { prefix: "x" } },
    ...{ revise: { instruction: "x" }, insert: { text: "x" }, replace: { from: "x", to: "y" }, delete: { text: "x" } },
    ...{ ask: { question: "x" }, "switch-language": { to: "fr" }, release: { terms: ["x"] } },
  };

  it.each(builtInActs.map(({ kind }) => kind))("of %s are six or more, in each language", (kind) => {
    const act = actFromJson({ kind, ...examples[kind] });
    for (const language of ["en", "zh", "de"] as const) {
      const said = new Set(Array.from({ length: 300 }, (_, seed) => act.say({ language, seed, state })));
      expect([language, said.size]).toEqual([language, Math.max(6, said.size)]);
    }
  });

  it("are all reached, about equally often", () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 5000; seed++) {
      const words = shorten().say({ language: "en", seed, state });
      counts.set(words, (counts.get(words) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(count).toBeGreaterThan(700);
  });

  it("take any finite seed", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (seed) => {
        expect(shorten().say({ language: "en", seed, state })).not.toBe("");
      }),
    );
  });
});
