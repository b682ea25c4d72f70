import { includeTerms, toJson, translate } from "@bayling/core/interaction";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import type { InteractiveSystem } from "../systems/interactive-system.ts";
import { reportBenchmark } from "./benchmark-report.ts";
import { benchmarkSignature } from "./benchmark-signature.ts";
import { judgeReplies, runInteractiveBenchmark } from "./interactive-benchmark.ts";
import { commonUnits, keptWords } from "./kept-words.ts";
import { simulateTyping } from "./typing-simulation.ts";
import { makeVerdictSheet, readVerdictSheet, type VerdictItem } from "./verdict-sheet.ts";

describe("words that were not to be touched", () => {
  it.each([
    ["Die Katze saß da.", "Die Katze saß heute da.", "Die Katze saß heute da.", 4, 4],
    ["Die Katze saß da.", "Die Katze saß heute da.", "Der Hund saß heute da.", 4, 2],
    ["Die Katze saß da.", "Der Kater saß da.", "Die Katze saß da.", 2, 2],
    ["Die Katze saß da.", "Die Katze saß da.", "", 4, 0],
  ])("%s → %s; %s", (before, reference, reply, untouched, kept) => {
    expect(keptWords({ before, reference, reply }, "de")).toEqual({ untouched, kept });
  });

  it("are a longest common sequence", () => {
    const words = fc.array(fc.constantFrom(..."abc"), { maxLength: 12 });
    fc.assert(
      fc.property(words, words, (one, other) => {
        const common = commonUnits(one, other);
        for (const text of [one, other]) {
          let position = -1;
          for (const unit of common) {
            position = text.indexOf(unit, position + 1);
            expect(position).toBeGreaterThanOrEqual(0);
          }
        }
        expect(commonUnits(other, one).length).toBe(common.length);
        expect(commonUnits(one, one)).toEqual(one);
      }),
    );
  });
});

describe("a translator who types", () => {
  const knows = (text: string) => ({
    suggest: async (typed: string) => (text.startsWith(typed) ? text.slice(typed.length) : ""),
  });
  const reference = "Die Katze saß da.";

  it("takes one key for each word that is suggested", async () => {
    const result = await simulateTyping(knows(reference), reference, "de");
    expect(result).toEqual({ words: 4, wordsSuggested: 4, keystrokes: 4, characters: 17 });
  });

  it("types all of it without", async () => {
    const result = await simulateTyping({ suggest: async () => "" }, reference, "de");
    expect(result).toEqual({ words: 4, wordsSuggested: 0, keystrokes: 17, characters: 17 });
  });

  it("is not spared a word that only begins like the right one", async () => {
    const suggest = async (typed: string) => (typed === "Die" ? " Katzen" : "");
    expect((await simulateTyping({ suggest }, "Die Katze", "de")).wordsSuggested).toBe(0);
  });

  it("is spared the rest of a word after its first letter", async () => {
    const suggest = async (typed: string) => (typed === "Die K" ? "atze" : "");
    const result = await simulateTyping({ suggest }, "Die Katze", "de");
    expect([result.wordsSuggested, result.keystrokes]).toEqual([0, 3 + 2 + 1]);
  });

  it("types Chinese word by word", async () => {
    const result = await simulateTyping(knows("我喜欢猫。"), "我喜欢猫。", "zh");
    expect(result.wordsSuggested).toBe(result.words);
    expect(result.keystrokes).toBe(result.words);
  });

  it("never presses more keys than there are characters", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), async (text, noise) => {
        const result = await simulateTyping({ suggest: async () => noise }, text, "en");
        expect(result.keystrokes).toBeLessThanOrEqual(result.characters);
      }),
    );
  });
});

describe("the interactive benchmark", () => {
  const origin = { corpus: "test", file: "test.tsv", line: 1 };
  const derivation = { kind: "edited", rule: "test", isMechanical: true } as const;
  const turn = (act: ReturnType<typeof toJson>, instruction: string, reply: string) => ({
    ...{ act, instruction, reply, checks: [], derivation, language: "en" as const },
  });
  const dialogue: Dialogue = {
    ...{ id: "d1", task: "interactive-translation", from: "en", to: "de", source: "The cat sat there." },
    turns: [
      turn(toJson(translate()), "Translate: The cat sat there.", "Die Katze saß da."),
      turn(toJson(includeTerms(["dort"])), 'Use "dort".', "Die Katze saß dort."),
      turn(toJson(includeTerms(["Kater"])), 'Use "Kater".', "Der Kater saß dort."),
    ],
    provenance: { origins: [origin], engine: "rules", seed: 0, generator: "test" },
  };

  function scripted(replies: readonly string[]): InteractiveSystem {
    return {
      ...{ name: "scripted", settings: {}, concurrency: 2 },
      open: async () => {
        let next = 0;
        const say = async () => replies[next++]!;
        return { translate: say, reply: say, settle: () => {}, suggest: async () => "", dispose: () => {} };
      },
    };
  }

  it("gives everything to who replies as the references do", async () => {
    const system = scripted(dialogue.turns.map(({ reply }) => reply));
    const report = reportBenchmark(await runInteractiveBenchmark(system, [dialogue]));
    expect(report).toMatchObject({ dialogues: 1, turns: 3, actSuccess: 100, untouchedKept: 100, carriedKept: 100 });
    expect(report.chrf).toBeCloseTo(100, 8);
    expect(report.typing!.keystrokeRatio).toBe(1);
    expect([...report.byAct.keys()]).toEqual(["include-terms", "translate"]);
  });

  it("sees an act that was not obeyed, a word that was lost, and a constraint that was forgotten", async () => {
    const system = scripted(["Die Katze saß da.", "Die Katze saß da.", "Der Kater lag."]);
    const report = reportBenchmark(await runInteractiveBenchmark(system, [dialogue], { typing: false }));
    expect(report.byAct.get("include-terms")!.actSuccess).toBe(50);
    // The last turn was to keep "dort".
    expect(report.carriedKept).toBe(0);
    expect(report.untouchedKept).toBeLessThan(100);
    expect(report.typing).toBeUndefined();
  });

  it("judges replies of a file as those of a system, and misses none", async () => {
    const replies = ["Die Katze saß da.", "Die Katze saß da.", "Der Kater lag."];
    const steered = await runInteractiveBenchmark(scripted(replies), [dialogue], { typing: false });
    expect(judgeReplies([dialogue], () => replies)).toEqual(steered);
    const short = () => judgeReplies([dialogue], () => replies.slice(1));
    expect(short).toThrow(/d1.*expected 3 replies, got 2 replies/s);
    expect(() => judgeReplies([dialogue], () => undefined)).toThrow(/got 0 replies/);
  });

  it("has a signature that every text and every act decides", () => {
    const signature = benchmarkSignature([dialogue]);
    expect(signature).toMatch(/^interactive-1\|dialogues:1\|turns:3\|sha256:[0-9a-f]{16}$/);
    expect(benchmarkSignature([JSON.parse(JSON.stringify(dialogue))])).toBe(signature);
    const [first, ...others] = dialogue.turns;
    const changes: Partial<Dialogue>[] = [
      { source: "The cat sat here." },
      { turns: [{ ...first!, reply: "Die Katze lag da." }, ...others] },
      { turns: [first!, { ...others[0]!, act: toJson(includeTerms(["da"])) }, others[1]!] },
    ];
    for (const change of changes) expect(benchmarkSignature([{ ...dialogue, ...change }])).not.toBe(signature);
  });

  it("leaves out dialogues that steer nothing", async () => {
    const plain = { ...dialogue, id: "d2", turns: dialogue.turns.slice(0, 1) };
    expect(await runInteractiveBenchmark(scripted([]), [plain])).toEqual([]);
    expect(reportBenchmark([])).toMatchObject({ dialogues: 0, turns: 0, actSuccess: Number.NaN });
  });
});

describe("a sheet of verdicts", () => {
  const items: VerdictItem[] = Array.from({ length: 300 }, (_, index) => ({
    ...{
      id: `i${index}`,
      kind: index % 2 === 0 ? "insert" : "delete",
      source: "s",
      before: "b",
      instruction: "do",
      reply: `=r\t${index}`,
    },
    outcome: index < 100 ? "pass" : index < 280 ? "fail" : "unknown",
  }));

  it("holds as many that passed as others, and no verdicts", () => {
    const sheet = makeVerdictSheet(items, { size: 100, seed: 1 });
    expect(sheet).not.toMatch(/pass|fail|unknown/);
    const ids = sheet.split("\n").map((line) => line.split("\t")[0]!);
    expect(ids.filter((id) => /^i\d\d?$/.test(id)).length).toBe(50);
    expect(readVerdictSheet(sheet, items)).toMatchObject({ judged: 0, precision: Number.NaN, problems: [] });
  });

  it("gives precision and recall of the verifier", () => {
    const sheet = [
      "item\taccept (y/n)",
      "i0\ty",
      "i1\tY",
      "i2\tno",
      "i200\tyes",
      "i201\tn",
      "i290\ty",
      "i9\t?",
      "x\ty",
    ].join("\n");
    const agreement = readVerdictSheet(sheet, items);
    expect(agreement).toMatchObject({ judged: 5, accepted: (100 * 4) / 6 });
    expect(agreement.precision).toBeCloseTo(200 / 3, 10);
    expect(agreement.recall).toBeCloseTo(200 / 3, 10);
    expect(agreement.undecided).toBe(1);
    // Of insertions, i0, i2 and i200 were decided; of deletions, i1 and i201.
    expect([...agreement.byKind.keys()]).toEqual(["delete", "insert"]);
    expect(agreement.byKind.get("insert")).toMatchObject({ judged: 3, undecided: 1, precision: 50, recall: 50 });
    expect(agreement.byKind.get("delete")).toMatchObject({ judged: 2, undecided: 0, precision: 100, recall: 100 });
    expect(agreement.problems).toEqual(['row 8: "?" is neither y nor n', 'row 9: "x" is no item']);
    expect(() => readVerdictSheet("a\tb\n1\t2", items)).toThrow(/accept/);
  });
});
