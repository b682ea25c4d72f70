import { describe, expect, it } from "vitest";
import { type GgufEntry, GgufMetadata, GgufStringArray } from "../../formats/gguf-metadata.ts";
import { createJinjaTemplate } from "../../prompt/jinja-template.ts";
import { expectError } from "../../testing/expect-error.ts";
import type { InstructionLanguage } from "../act.ts";
import { translate } from "../acts/translate.ts";
import { parseLanguage } from "../language.ts";
import { createState, type TranslationState } from "../translation-state.ts";
import { detectProfile, profileByName, translationProfiles } from "./detect-profile.ts";
import { speaks, type TranslationRequest } from "./translation-profile.ts";

const request: TranslationRequest = { from: "en", to: "zh-Hans", source: "May the force be with you" };
const say = (name: string, changes: Partial<TranslationRequest> = {}) =>
  profileByName(name).say({ ...request, ...changes });
const terms = [{ forms: ["原力", "力量"] }, { forms: ["愿"] }];

/** Requests as the models' authors publish them. */
describe("a first translation is asked for", () => {
  it("of BayLing, in English and Chinese, with terms", () => {
    expect(say("bayling")).toBe("Provide the Chinese translation for this sentence: May the force be with you");
    expect(say("bayling", { terms })).toBe(
      "Provide the Chinese translation for this sentence: May the force be with you\nMake sure to include these words: 原力, 愿",
    );
    expect(say("bayling-2", { to: "de", language: "zh" })).toBe("提供这句话的德语翻译：May the force be with you");
    expect(say("bayling", { language: "zh", terms })).toBe(
      "提供这句话的中文翻译：May the force be with you\n确保包含这些词：原力, 愿",
    );
    expect(say("bayling", { language: "de" })).toBe(say("bayling"));
    expect(say("bayling-2", { to: "zh-Hant" })).toContain("the Traditional Chinese translation");
  });

  it("of TowerInstruct", () => {
    const changes = {
      from: "pt",
      to: "en",
      source: "Um grupo de investigadores lançou um novo modelo para tarefas relacionadas com tradução.",
    };
    expect(say("tower-instruct", changes)).toBe(
      "Translate the following text from Portuguese into English.\nPortuguese: Um grupo de investigadores lançou um novo modelo para tarefas relacionadas com tradução.\nEnglish:",
    );
  });

  it("of ALMA", () => {
    const changes = { from: "zh-Hans", to: "en", source: "我爱机器翻译。" };
    expect(say("alma", changes)).toBe("Translate this from Chinese to English:\nChinese: 我爱机器翻译。\nEnglish:");
    expect(say("x-alma", changes)).toBe(say("alma", changes));
    expect(say("completion", { ...changes, source: " two\n  lines \n" })).toContain("\nChinese: two lines\n");
  });

  it("of EuroLLM", () => {
    const changes = { to: "pt", source: "I am a language model for european languages." };
    expect(say("eurollm-1.7b", changes)).toBe(
      "Translate the following English source text to Portuguese:\nEnglish: I am a language model for european languages.\nPortuguese: ",
    );
  });

  it("of Seed-X, with a tag that only the template makes a token", () => {
    const content = say("seed-x", { source: "May the force be with you <de>" });
    expect(content).toBe("Translate the following English sentence into Chinese:\nMay the force be with you <de> <zh>");
    const { template } = profileByName("seed-x");
    const parts = typeof template === "object" ? template.render([{ role: "user", content }]) : [];
    expect(parts).toEqual([
      { text: content.slice(0, -4), parseSpecial: false },
      { text: "<zh>", parseSpecial: true },
    ]);
  });

  it("of chat models, in three languages, with terms and what stands before", () => {
    expect(say("chat")).toBe(
      "Translate the following text from English into Simplified Chinese. Reply with the translation only.\n\nMay the force be with you",
    );
    expect(say("qwen-3", { language: "de", to: "fr" })).toMatch(
      /^Übersetze den folgenden Text ins Französische \(Ausgangssprache: Englisch\)\./,
    );
    const context = [{ source: "First.", translation: "一。" }];
    for (const language of ["en", "zh", "de"] as const) {
      const said = say("chat", { language, terms, context });
      for (const part of ["原力", "愿", "First.", "一。"]) expect(said).toContain(part);
      expect(said.endsWith(request.source)).toBe(true);
    }
  });

  it("of what a recipe taught, with all that is carried", () => {
    expect(say("acts")).toBe(
      translate().say({ language: "en", seed: 0, state: createState("en", "zh-Hans", request.source) }),
    );
    for (const language of ["en", "zh", "de"] as const) {
      const state = {
        ...createState("en", "zh-Hans", request.source),
        forbidden: [{ term: "能量" }],
        register: "formal",
      };
      const said = say("acts", { language, state: { ...state, required: terms } as TranslationState });
      for (const part of ["能量", "原力", "愿", /formal|正式|förmlich|formelle/]) expect(said).toMatch(part);
      expect(say("acts", { language, terms })).toContain("原力");
    }
  });

  it.each(translationProfiles)("of $name, with the source as it is", (profile) => {
    const source = "A {to} $& {{ x }} “quoted”, <b>tagged</b>";
    for (const language of ["en", "zh", "de", undefined] as const satisfies readonly (
      | InstructionLanguage
      | undefined
    )[]) {
      expect(profile.say({ from: "de", to: "en", source, language })).toContain(source);
    }
  });
});

function metadata(name: string): GgufMetadata {
  return new GgufMetadata("test.gguf", new Map([["general.name", { type: "string", value: name }]]));
}

describe("a profile", () => {
  it.each([
    ["bayling-7b-v1", "bayling", "bayling"],
    ["BayLing-2-Llama-3-8B", "bayling-3", "bayling-2"],
    ["bayling-2-13b", undefined, "bayling-2"],
    ["TowerInstruct-7B-v0.2", "chatml", "tower-instruct"],
    ["Tower-Plus-9B", "jinja", "chat"],
    ["ALMA-7B-R", "plain", "alma"],
    ["ALMA-13B-Pretrain", "plain", "completion"],
    ["X-ALMA-13B-Group6", "jinja", "x-alma"],
    ["Palma-7b-Chat", "jinja", "chat"],
    ["EuroLLM-1.7B-Instruct", "jinja", "eurollm-1.7b"],
    ["EuroLLM-9B-Instruct", "jinja", "eurollm"],
    ["EuroLLM-9B", "plain", "completion"],
    ["Seed-X-PPO-7B", "plain", "seed-x"],
    ["Qwen3 0.6B", "jinja", "qwen-3"],
    ["Qwen2.5-7B-Instruct", "jinja", "chat"],
    ["merged", "bayling", "bayling"],
    ["stories260K", "plain", "completion"],
    ["unknown", undefined, "chat"],
    ["", "vicuna", "chat"],
  ])("of %s with the template %s is %s", (name, template, expected) => {
    expect(detectProfile(metadata(name), template).name).toBe(expected);
  });

  it("of what a recipe taught speaks the languages that it was taught", () => {
    const list = (...values: string[]): GgufEntry => ({
      type: "array",
      value: { elementType: "string", values: GgufStringArray.from(values) },
    });
    const taught = (languages: string[], instructions: string[]) =>
      detectProfile(
        new GgufMetadata(
          "BayLing-7B.gguf",
          new Map([
            ["bayling.languages", list(...languages)],
            ["bayling.instruction_languages", list(...instructions)],
          ]),
        ),
        "bayling",
      );
    expect(taught(["en", "zh-Hans"], ["zh", "en"])).toMatchObject({
      ...{ name: "acts", languages: ["en", "zh-Hans"], instructionLanguage: "zh" },
    });
    expect(taught([], ["fr"])).toMatchObject({ name: "acts", languages: "any", instructionLanguage: "en" });
  });

  it("is found by its name", async () => {
    for (const profile of translationProfiles) expect(profileByName(profile.name)).toBe(profile);
    const error = await expectError("argument-invalid", () => profileByName("tower"));
    expect(error.expected).toContain("tower-instruct");
  });

  it.each(translationProfiles)("$name names languages by their canonical tags", ({ languages }) => {
    if (languages === "any") return;
    for (const tag of languages) expect(parseLanguage(tag)).toBe(tag);
    expect(new Set(languages).size).toBe(languages.length);
  });

  it("speaks varieties of what it was taught, and not the other Chinese", () => {
    const tower = profileByName("tower-instruct");
    expect(["pt-BR", "zh-Hans", "de-AT", "en"].map((tag) => speaks(tower, tag))).toEqual([true, true, true, true]);
    expect(["zh-Hant", "ja", "uk"].map((tag) => speaks(tower, tag))).toEqual([false, false, false]);
    expect(speaks(profileByName("chat"), "haw")).toBe(true);
  });

  it("has settings that go together", () => {
    for (const { decoding } of translationProfiles) {
      if ((decoding.beams ?? 1) > 1) expect(decoding.temperature ?? 0).toBe(0);
    }
  });

  it("keeps Qwen 3 from thinking where its template can", async () => {
    const source =
      "{% for m in messages %}{{ m.content }}{% endfor %}{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}";
    const template = await createJinjaTemplate(source, { bosToken: "", eosToken: "" });
    const { variables } = profileByName("qwen-3");
    const parts = template.render([{ role: "user", content: "x" }], { variables });
    expect(parts.map(({ text }) => text)).toEqual(["x", "<think></think>"]);
  });
});

describe("a reply is cleaned", () => {
  const clean = (name: string, reply: string, source?: string) => profileByName(name).clean(reply, source);

  it.each([
    ["  Guten Morgen.\n", "Good morning.", "Guten Morgen."],
    ["<think>\nhm\n</think>\n\nGuten Morgen.", "Good morning.", "Guten Morgen."],
    ["<think>\nand so on", "Good morning.", ""],
    ["Here is the German translation:\n\nGuten Morgen.", "Good morning.", "Guten Morgen."],
    ["Sure! Here's the translation: Guten Morgen.", "Good morning.", "Guten Morgen."],
    ["Translation: Guten Morgen.", "Good morning.", "Guten Morgen."],
    ["German translation: Guten Morgen.", "Good morning.", "Guten Morgen."],
    ["以下是翻译：\n早上好。", "Good morning.", "早上好。"],
    ["译文：早上好。", "Good morning.", "早上好。"],
    ["Hier ist die Übersetzung:\nGuten Morgen.", "Good morning.", "Guten Morgen."],
    ["Übersetzung: Guten Morgen.", "Good morning.", "Guten Morgen."],
    ['"Guten Morgen."', "Good morning.", "Guten Morgen."],
    ["„Guten Morgen.“", "Good morning.", "Guten Morgen."],
    // What is part of the translation.
    ["„Guten Morgen.“", "“Good morning.”", "„Guten Morgen.“"],
    ['"Ja", sagte sie, "nein".', "Yes, she said, no.", '"Ja", sagte sie, "nein".'],
    ["Übersetzung: eine Einführung", "Translation: an introduction", "Übersetzung: eine Einführung"],
    ["译文：导论", "Translation: an introduction", "译文：导论"],
    ["Achtung: heiß!", "Caution, hot!", "Achtung: heiß!"],
    [
      "Here is my translation of Homer: read it.",
      "Hier ist meine Homer-Übersetzung: lest sie.",
      "Here is my translation of Homer: read it.",
    ],
    ["Übersetzung:", "Translation", "Übersetzung:"],
    ['""', "x", '""'],
    ["", "x", ""],
  ])("%j for %j is %j", (reply, source, expected) => {
    expect(clean("chat", reply, source)).toBe(expected);
  });

  it("but for thoughts that the source has, too", () => {
    expect(clean("chat", "Das Ende ist </think>.", "The end is </think>.")).toBe("Das Ende ist </think>.");
  });

  it("in no more time than it is long", () => {
    const long = " ".repeat(200_000);
    for (const { name, clean, say } of translationProfiles) {
      expect(clean(`a${long}b\n${long}c`, `x${long}y`).startsWith("a"), name).toBe(true);
      expect(say({ ...request, source: `x${long}y` })).toContain("x ");
    }
  });

  it("less where nobody knows the source", () => {
    expect(clean("chat", " “Translation: yes” ")).toBe("“Translation: yes”");
    expect(clean("bayling", " [NAME]\n")).toBe("[NAME]");
  });

  it("of BayLing's placeholders and line breaks, but for those of the source", () => {
    expect(clean("bayling", " I am [NAME] of [INSTITUTE].\n", "我是谁？")).toBe(
      "I am BayLing of the NLP Group of ICT/CAS.",
    );
    expect(clean("bayling", "Sehr geehrter [NAME]", "Dear [NAME]")).toBe("Sehr geehrter [NAME]");
    expect(clean("bayling", "one\\ntwo \n three", "一")).toBe("one two three");
    expect(clean("bayling", "one\ntwo", "一\n二")).toBe("one\ntwo");
    expect(clean("bayling", "print(\\n)", "打印(\\n)")).toBe("print(\\n)");
  });
});
