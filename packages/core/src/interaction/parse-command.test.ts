import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../errors.ts";
import { expectError } from "../testing/expect-error.ts";
import { ask } from "./acts/ask.ts";
import { actFromJson, toJson } from "./acts.ts";
import { commands } from "./commands/commands.ts";
import { parseCommand } from "./parse-command.ts";

const json = (line: string) => toJson(parseCommand(line));
const terms = (...forms: string[][]) => forms.map((list) => ({ forms: list }));

describe("commands", () => {
  it.each([
    ["/include ledger, journal", { kind: "include-terms", terms: terms(["ledger"], ["journal"]) }],
    [
      "/include account book | ledger , “a, b”",
      { kind: "include-terms", terms: terms(["account book", "ledger"], ["a, b"]) },
    ],
    ["／include 账本、日记", { kind: "include-terms", terms: terms(["账本"], ["日记"]) }],
    ['/include 5" disk', { kind: "include-terms", terms: terms(['5" disk']) }],
    ["/FORBID bank", { kind: "forbid-terms", terms: ["bank"] }],
    ["/forbid „der Hund“, Katze", { kind: "forbid-terms", terms: ["der Hund", "Katze"] }],
    ["/shorter", { kind: "shorten" }],
    ["/shorter 10 words", { kind: "shorten", unit: "words", most: 10 }],
    ["/shorter 10", { kind: "shorten", most: 10 }],
    ["/shorter 20个字符", { kind: "shorten", unit: "characters", most: 20 }],
    ["/longer 30 Zeichen", { kind: "lengthen", unit: "characters", least: 30 }],
    ["/length 5-10 words", { kind: "set-length", unit: "words", least: 5, most: 10 }],
    ["/length 7 Wörter", { kind: "set-length", unit: "words", least: 7, most: 7 }],
    ["/formal", { kind: "set-register", register: "formal" }],
    ["/informal", { kind: "set-register", register: "informal" }],
    ['/replace "a" "b c"', { kind: "replace", from: "a", to: "b c" }],
    ["/replace the old one -> the new one", { kind: "replace", from: "the old one", to: "the new one" }],
    ["/replace “旧” 换成 “新”", { kind: "replace", from: "旧", to: "新" }],
    ['/replace "a" with "b"', { kind: "replace", from: "a", to: "b" }],
    ["/insert sehr schön", { kind: "insert", text: "sehr schön" }],
    ['/insert "sehr" before "schön"', { kind: "insert", text: "sehr", place: "before", anchor: "schön" }],
    ['/insert "sehr" after der Hund', { kind: "insert", text: "sehr", place: "after", anchor: "der Hund" }],
    ['/insert "Ach," at the start', { kind: "insert", text: "Ach,", place: "start" }],
    ['/insert "!" at end', { kind: "insert", text: "!", place: "end" }],
    ["/insert “即将获奖的” to “Messi”", { kind: "insert", text: "即将获奖的", anchor: "Messi" }],
    ["/delete very", { kind: "delete", text: "very" }],
    [
      "/glossary file = Datei; pipe = Pipe | Rohr",
      {
        kind: "glossary",
        entries: [
          { source: "file", targets: ["Datei"] },
          { source: "pipe", targets: ["Pipe", "Rohr"] },
        ],
      },
    ],
    ['/glossary "a = b" = "c | d; e"', { kind: "glossary", entries: [{ source: "a = b", targets: ["c | d; e"] }] }],
    ["/keep React, Vue", { kind: "keep-untranslated", terms: ["React", "Vue"] }],
    ["/explain", { kind: "explain" }],
    ["/explain why the past tense?", { kind: "explain", about: "why the past tense?" }],
    ["/alternatives", { kind: "alternatives", count: 3 }],
    ["/alternatives 5", { kind: "alternatives", count: 5 }],
    ['/alternatives 5 for "alte Hund"', { kind: "alternatives", count: 5, text: "alte Hund" }],
    ["/back", { kind: "back-translate" }],
    ["/to de", { kind: "switch-language", to: "de" }],
    ["/to Simplified Chinese", { kind: "switch-language", to: "zh-Hans" }],
    ["/to zh-TW", { kind: "switch-language", to: "zh-Hant" }],
    ["/prefix The old", { kind: "keep-prefix", prefix: "The old" }],
    ['/prefix "The old "', { kind: "keep-prefix", prefix: "The old " }],
    ["/rephrase", { kind: "rephrase" }],
    ["/rephrase the old one", { kind: "rephrase", text: "the old one" }],
    ["/revise use the passive", { kind: "revise", instruction: "use the passive" }],
    ["/correct", { kind: "correct" }],
    ["/correct the tense is wrong", { kind: "correct", note: "the tense is wrong" }],
    ['/correct "was"', { kind: "correct", wrong: "was" }],
    ['/correct "was" "is"', { kind: "correct", wrong: "was", right: "is" }],
    ["/correct was -> is", { kind: "correct", wrong: "was", right: "is" }],
    ["/ask what is a ledger?", { kind: "ask", question: "what is a ledger?" }],
    ["/release bank", { kind: "release", terms: ["bank"] }],
    ["/release length, bank", { kind: "release", terms: ["bank"], rules: ["length"] }],
    ['/release "length"', { kind: "release", terms: ["length"] }],
    ["/formats de-at", { kind: "set-formats", locale: "de-AT" }],
    ["/translate Good\nmorning", { kind: "translate", text: "Good\nmorning" }],
    ["/translate", { kind: "translate" }],
  ])("%s", (line, expected) => {
    expect(json(line)).toEqual(expected);
    expect(toJson(actFromJson(json(line)))).toEqual(expected);
  });

  it.each([
    ["/include", "argument-invalid", "/include ledger, journal"],
    ["/include ,,", "argument-invalid", "/include ledger"],
    ['/include "ledger', "argument-invalid", 'closing "'],
    ["/replace a", "argument-invalid", '/replace "old" "new"'],
    ["/replace a b c", "argument-invalid", '/replace "old" "new"'],
    ["/replace a a", "argument-invalid", "another text"],
    ["/shorter a lot", "argument-invalid", "/shorter [10 words]"],
    ["/shorter 0", "argument-invalid", "from 1 on"],
    ["/shorter 5-10", "argument-invalid", "/shorter [10 words]"],
    ["/length 9-5", "argument-invalid", "most"],
    ["/glossary file", "argument-invalid", "/glossary file = Datei"],
    ["/glossary = Datei", "argument-invalid", "/glossary file = Datei"],
    ["/formal please", "argument-invalid", "/formal"],
    ['/insert "a" near "b"', "argument-invalid", "/insert"],
    ["/to Elvish", "language-unknown", "BCP-47"],
    ["/to", "language-unknown", "BCP-47"],
    ["/formats 12", "language-unknown", "BCP-47"],
    ["/alternatives many", "argument-invalid", "/alternatives [3]"],
    ["/alternatives 1000", "argument-invalid", "1 to 100"],
    ["/release", "argument-invalid", "/release bank"],
    ["/prefix", "argument-invalid", "/prefix The ledger"],
  ] as const)("%s is refused with what is expected", async (line, code, expected) => {
    expect((await expectError(code, () => parseCommand(line))).message).toContain(expected);
  });

  it.each(["/undo", "/", "/ include a", "/constructor", "/etc/passwd"])(
    "%s does not exist, and all that do are listed",
    async (line) => {
      const error = await expectError("command-unknown", () => parseCommand(line));
      for (const { names } of commands) expect(error.expected).toContain(`/${names[0]}`);
    },
  );

  it("have usages that they understand, and names of their own", () => {
    const names = commands.flatMap((command) => command.names);
    expect(new Set(names).size).toBe(names.length);
    for (const { names, usage } of commands) {
      const [choice = ""] = usage
        .replace(/^\[(?!3)(.*)\]$/, "$1")
        .replace(/ \[.*\]$/, "")
        .replace("[3]", "3")
        .split(" | ");
      expect(parseCommand(`/${names[0]} ${choice}`).kind).toBeTruthy();
    }
  });

  it("may be an application's own", () => {
    const rhyme = { names: ["rhyme"], usage: "", summary: "", read: () => ask("rhyme?") } as const;
    expect(parseCommand("/rhyme", [...commands, rhyme]).data).toEqual({ question: "rhyme?" });
  });
});

describe("plain words", () => {
  const same = (expected: object, ...lines: string[]) => lines.map((line) => [line, expected] as const);
  it.each([
    ...same(
      { kind: "shorten" },
      ...[
        "make it shorter",
        "Make it a bit shorter, please.",
        "shorter",
        "Please shorten the translation!",
        "that's too long",
      ],
      ...[
        "再短一点",
        "请再简短一点。",
        "缩短一下",
        "太长了",
        "kürzer bitte",
        "Kürzer!",
        "Mach es bitte kürzer",
        "etwas knapper",
      ],
    ),
    ...same({ kind: "lengthen" }, "longer", "make it much longer", "更详细一些", "länger bitte", "zu kurz"),
    ...same(
      { kind: "set-register", register: "formal" },
      ...[
        "more formal",
        "make it formal",
        "更正式一点",
        "请写得更正式一些",
        "förmlicher bitte",
        "Bitte etwas förmlicher formulieren",
      ],
    ),
    ...same(
      { kind: "set-register", register: "informal" },
      "less formal",
      "make it more casual",
      "口语化一点",
      "lockerer",
    ),
    ...same(
      { kind: "rephrase" },
      "rephrase it",
      "in other words",
      "换一种说法",
      "Formuliere es um",
      "bitte umformulieren",
    ),
    ...same({ kind: "explain" }, "why?", "Explain your choice.", "为什么？", "Warum?"),
    ...same({ kind: "back-translate" }, "translate it back", "回译", "Übersetze es zurück"),
    ...same({ kind: "alternatives", count: 3 }, "alternatives?", "还有别的译法吗？", "Gib mir Alternativen"),
    ...same(
      { kind: "shorten", unit: "words", most: 10 },
      ...["at most 10 words", "could you only use 10 words?", "use no more than 10 words", "10 words or fewer"],
      ...["höchstens 10 Wörter", "mit maximal 10 Wörtern", "最多10个词"],
    ),
    ...same({ kind: "shorten", unit: "characters", most: 20 }, "max 20 characters", "不超过20个字符", "20个字符以内"),
    ...same({ kind: "lengthen", unit: "words", least: 9 }, "at least 9 words", "mindestens 9 Wörter", "至少9个词"),
    ...same(
      { kind: "switch-language", to: "de" },
      "in German",
      "into German please",
      "auf Deutsch",
      "ins Deutsche",
      "翻译成德语",
    ),
    ...same(
      { kind: "switch-language", to: "zh-Hans" },
      "translate it into Chinese",
      "用简体中文",
      "ins vereinfachte Chinesisch",
    ),
    ...same({ kind: "switch-language", to: "fr" }, "in French", "Bitte ins Französische", "请翻译成法语"),
    ...same(
      { kind: "include-terms", terms: terms(["ledger"]) },
      'use the word "ledger"',
      "verwende „ledger“",
      "包含“ledger”",
    ),
    ...same(
      { kind: "forbid-terms", terms: ["bank"] },
      ...['don\'t use "bank"', 'avoid the word "bank"', "ohne „bank“", "verwende „bank“ nicht", "不要用“bank”这个词"],
    ),
    ...same({ kind: "replace", from: "a", to: "b" }, 'Replace "a" with "b".', "ersetze „a“ durch „b“", "把“a”换成“b”"),
    ...same({ kind: "delete", text: "very" }, 'remove "very"', "lösche „very“", "删掉“very”", "把“very”删掉"),
  ])("%s", (line, expected) => expect(json(line)).toEqual(expected));

  it.each([
    "评价此事",
    "make it shorter than the source",
    "why is it shorter?",
    "use ledger",
    "in love",
    "in time",
    "auf keinen Fall",
    "用心",
    "short",
    "formal or informal?",
    'use "a" and "b"',
    "less than 10 words are fine in a title",
    "10 words",
    "not shorter",
    "please",
    "Bitte!",
    "not too long",
    "ins Haus",
    "in 10 words",
    "what does “shorter” mean?",
  ])("%s means nothing for sure, so it is said as it is", (line) => {
    expect(json(line)).toEqual({ kind: "ask", question: line });
  });
});

describe("any line", () => {
  const piece = fc.constantFrom(
    ...["/", "include", "replace ", "length ", "glossary ", "insert ", "alternatives ", "correct ", "to ", "release "],
    ...[
      " ",
      '"',
      "“",
      "”",
      "„",
      "->",
      "=",
      "|",
      ",",
      ";",
      "5",
      "-",
      "words",
      "a",
      "账",
      "kürzer",
      "please",
      "\n",
      "、",
    ],
  );
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
  );

  it("is an act that goes through JSON, or an error of ours", () => {
    fc.assert(
      fc.property(line, (text) => {
        try {
          const act = parseCommand(text);
          const data = JSON.parse(JSON.stringify(toJson(act)));
          expect(toJson(actFromJson(data))).toEqual(data);
        } catch (error) {
          if (!BayLingError.isInstance(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("is read in time that grows with its length", () => {
    for (const unit of ["please ", "a ", '" ', "，", "再", "in a ", "bitte", "/include a,", "((", "10 "]) {
      const start = performance.now();
      try {
        parseCommand(`please ${unit.repeat(20_000)}x`);
        parseCommand(`/${unit.repeat(20_000)}x`);
      } catch (error) {
        if (!BayLingError.isInstance(error)) throw error;
      }
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });

  it.each([undefined, null, 5, {}, ["a"]])("that is %s is refused", async (given) => {
    await expectError("argument-invalid", () => parseCommand(given as never));
  });

  it.each(["", "  ", "\u200b"])("with nothing in it is refused: %j", async (given) => {
    await expectError("argument-invalid", () => parseCommand(given));
  });
});
