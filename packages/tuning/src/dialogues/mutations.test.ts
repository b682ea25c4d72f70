import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { builtInActs } from "@bayling/core/interaction";
import { beforeAll, describe, expect, it } from "vitest";
import { type Lexicons, trainLexicons } from "../alignment/train-lexicon.ts";
import type { SentencePair } from "../bitext/sentence-pair.ts";
import { Random } from "../random.ts";
import { balancePlan, countRequests, highestRate, wantedRequests } from "./balance-plan.ts";
import type { Dialogue } from "./dialogue.ts";
import { buildDialogueIndex, DialogueIndex } from "./dialogue-index.ts";
import { type DialoguePlan, defaultPlan } from "./dialogue-plan.ts";
import { makeDialogues } from "./make-dialogues.ts";
import { brokenReplies } from "./testing/broken-replies.ts";
import { turnChecks, verifyDialogue } from "./verify-dialogue.ts";
import { verifyTurn } from "./verify-turn.ts";

const folder = fileURLToPath(new URL("../../../../../shared/corpora/", import.meta.url));
const hasCorpora = existsSync(`${folder}tatoeba.en-de.tsv`);
if (!hasCorpora) console.warn("skipped: ../shared/corpora is not here");

/** Sentences whose Chinese is not in traditional characters, so that no converter is needed. */
function read(name: string, targetLanguage: string, most: number): SentencePair[] {
  const lines = readFileSync(`${folder}${name}`, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const pairs = lines.flatMap((line, index): SentencePair[] => {
    const [source = "", target = ""] = line.split("\t");
    if (/[們這個說會來時過沒對學還後嗎為無樣開點話麼媽給誰錢車現東問見長]/u.test(target)) return [];
    const origin = { corpus: "tatoeba", license: "CC-BY-2.0-FR", file: name, line: index + 1 };
    return [{ source, target, sourceLanguage: "en", targetLanguage, origin }];
  });
  const start = Math.floor(pairs.length / 3);
  return pairs.slice(start, start + most);
}

describe.skipIf(!hasCorpora)("dialogues of Tatoeba's pairs", () => {
  let pairs: readonly SentencePair[];
  let lexicons: Lexicons;
  let index: DialogueIndex;
  let plan: DialoguePlan;
  let dialogues: readonly Dialogue[];

  beforeAll(async () => {
    pairs = [...read("tatoeba.en-de.tsv", "de", 2400), ...read("tatoeba.en-zh.tsv", "zh-Hans", 1800)];
    lexicons = await trainLexicons(pairs);
    index = await buildDialogueIndex(pairs);
    plan = await balancePlan(defaultPlan, pairs, { lexicons, index, seed: 1 });
    dialogues = pairs
      .filter((_, place) => place % 2 === 0)
      .flatMap((pair) => makeDialogues(pair, { lexicons, index, seed: 1, plan }));
  }, 480_000);

  it("have no turn that fails, judged again from what is written", () => {
    for (const dialogue of dialogues) {
      const verdicts = verifyDialogue(dialogue, lexicons);
      expect([dialogue.turns, verdicts.find(({ problem }) => problem !== undefined)]).toEqual([
        dialogue.turns,
        undefined,
      ]);
    }
  });

  it("have fifteen kinds of acts and more, in three languages and both directions", () => {
    const turns = dialogues.flatMap((dialogue) => dialogue.turns);
    const kinds = new Set(turns.map((turn) => turn.act!.kind));
    expect(kinds.size).toBeGreaterThanOrEqual(15);
    expect(kinds.size).toBeLessThanOrEqual(builtInActs.length);
    for (const language of ["en", "zh", "de"]) expect(turns.some((turn) => turn.language === language)).toBe(true);
    expect(new Set(dialogues.map(({ from, to }) => `${from}>${to}`)).size).toBe(4);
  });

  it("ask for no words that a request before took out, and undo no request that was just taken back", () => {
    const returning = dialogues.flatMap((dialogue) => {
      const turns = turnChecks(dialogue, lexicons);
      return turns.filter(({ turn: { derivation }, check: { act } }, place) => {
        const earlier = turns.slice(0, place).filter(({ check }) => check.act.replies === "translation");
        if (derivation.rule === "undo") return earlier.at(-1)?.check.act.kind === "release";
        const { entries = [], terms = [] } = act.data as {
          readonly entries?: readonly { readonly targets: readonly string[] }[];
          readonly terms?: readonly { readonly forms: readonly string[] }[];
        };
        const words = {
          glossary: entries.flatMap(({ targets }) => targets),
          "include-terms": terms.flatMap((t) => t.forms),
        };
        const wanted = words[act.kind as keyof typeof words] ?? [];
        return earlier.some(({ turn }) => wanted.some((word) => turn.reply.toLowerCase().includes(word.toLowerCase())));
      });
    });
    expect(returning.map(({ turn }) => turn.instruction)).toEqual([]);
  });

  it("keep rejected replies that fail what the turn asks for", () => {
    const rejected = dialogues.flatMap((dialogue) =>
      turnChecks(dialogue, lexicons).flatMap(({ turn, check }) =>
        (turn.rejected ?? []).map((reply) => verifyTurn({ ...check, reply }).problem),
      ),
    );
    expect(rejected.length).toBeGreaterThan(300);
    expect(rejected.filter((problem) => problem === undefined)).toEqual([]);
  });

  it("have the requests that were wanted, where enough pairs allow them", () => {
    const wanted = wantedRequests(
      plan,
      pairs.filter((_, place) => place % 2 === 0),
    );
    const came = countRequests(dialogues);
    const plenty = ["first include-terms", "first glossary", "first set-length", "first keep-prefix", "rephrase"];
    const few: string[] = [];
    for (const [direction, goals] of wanted) {
      for (const name of plenty) {
        const share = came.get(direction)!.get(name)! / goals.get(name)!;
        // As often as pairs are asked at most: there are no more true replies.
        if (plan.rates![direction]![name] === highestRate && share < 1) few.push(`${direction} ${name}`);
        else expect([direction, name, share > 0.5 && share < 2]).toEqual([direction, name, true]);
      }
    }
    expect(few.filter((name) => !name.endsWith(" rephrase"))).toEqual([]);
    expect(few.length).toBeLessThanOrEqual(2);
  });

  it("are the same from an index and a lexicon that went through JSON", () => {
    const copy = DialogueIndex.fromJson(JSON.parse(JSON.stringify(index.toJson())));
    const settings = { lexicons, index: copy, seed: 1, plan };
    const again = pairs
      .filter((_, place) => place % 2 === 0)
      .slice(0, 300)
      .flatMap((pair) => makeDialogues(pair, settings));
    expect(again).toEqual(dialogues.slice(0, again.length));
  });

  it("would have been refused with a broken reply, in 95 of 100 cases for each kind of act and of breakage", () => {
    const counts = new Map<string, [refused: number, all: number]>();
    const random = new Random(7);
    for (const dialogue of dialogues) {
      const stranger = random.pick(dialogues);
      for (const { turn, check } of turnChecks(dialogue, lexicons)) {
        const { act, before } = check;
        for (const reply of brokenReplies(turn, before, stranger)) {
          const key = `${act.kind}: ${reply.kind}`;
          const [refused, all] = counts.get(key) ?? [0, 0];
          counts.set(key, [
            refused + (verifyTurn({ ...check, reply: reply.reply }).problem === undefined ? 0 : 1),
            all + 1,
          ]);
        }
      }
    }
    const shares = [...counts]
      .filter(([, [, all]]) => all >= 20)
      .map(([key, [refused, all]]) => [key, refused / all] as const);
    const weak = shares.filter(([, share]) => share < 0.95);
    expect(shares.length).toBeGreaterThan(60);
    expect(weak).toEqual([]);
  });
});
