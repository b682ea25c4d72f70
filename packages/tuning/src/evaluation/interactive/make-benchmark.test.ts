import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { exportDialogues } from "../../assembly/stages/export-stage.ts";
import { generateDialogues } from "../../assembly/stages/generate-stage.ts";
import { prepareBitext } from "../../assembly/stages/prepare-stage.ts";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { defaultPlan } from "../../dialogues/dialogue-plan.ts";
import { sharedFixture } from "../../testing/shared-fixtures.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { reportBenchmark } from "./benchmark-report.ts";
import { benchmarkSignature } from "./benchmark-signature.ts";
import { judgeReplies } from "./interactive-benchmark.ts";
import { type MadeBenchmark, makeBenchmark } from "./make-benchmark.ts";

const corpora = (["de", "zh"] as const).map((language) => sharedFixture(`corpora/tatoeba.en-${language}.tsv`));
const hasCorpora = corpora.every((file) => file !== undefined);
const folder = temporaryFolder();
const workFolder = path.join(folder, "work");
const shares = { validation: 0.01, test: 0.3 };

const readRows = (file: string): Dialogue[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** What an exact search through training files goes by: no case, no marks, no spaces. */
const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");

describe.skipIf(!hasCorpora)("the benchmark of some of Tatoeba's pairs", () => {
  let made: MadeBenchmark;
  let dialogues: readonly Dialogue[];

  beforeAll(async () => {
    // Neighbours in the file, so that sentences have all of their references.
    const inputs = corpora.map((corpus, index) => {
      const file = path.join(folder, `${index}.tsv`);
      writeFileSync(file, readFileSync(corpus!, "utf8").split("\n").slice(8000, 12500).join("\n"));
      const targetLanguage = index === 0 ? "de" : "zh-Hans";
      return { format: "tsv", file, corpus: "tatoeba", sourceLanguage: "en", targetLanguage } as const;
    });
    await prepareBitext({ workFolder, inputs });
    made = await makeBenchmark({ workFolder, size: 500, shares, seed: 1 });
    dialogues = readRows(made.file);
  }, 600_000);

  it("has 500 dialogues of three turns and more, of as many sources, in four directions", () => {
    expect(made.dialogues).toBe(500);
    expect(dialogues.length).toBe(500);
    expect(Math.min(...dialogues.map(({ turns }) => turns.length))).toBe(3);
    expect(new Set(dialogues.map(({ from, source }) => `${from} ${source}`)).size).toBe(500);
    expect(Object.keys(made.acts).sort()).toEqual(["de>en", "en>de", "en>zh-Hans", "zh-Hans>en"]);
    const turns = Object.values(made.acts).map((acts) => Object.values(acts).reduce((sum, count) => sum + count));
    expect(Math.max(...turns) / Math.min(...turns)).toBeLessThan(1.5);
    expect(new Set(Object.values(made.acts).flatMap((acts) => Object.keys(acts))).size).toBeGreaterThanOrEqual(15);
  });

  it("is the same when it is made again", async () => {
    const bytes = readFileSync(made.file);
    const again = await makeBenchmark({ workFolder, size: 500, shares, seed: 1 });
    expect(again).toEqual(made);
    expect(readFileSync(made.file).equals(bytes)).toBe(true);
    expect(benchmarkSignature(dialogues)).toBe(made.signature);
  });

  it("gives all to the references, and little to who copies the source or leaves all as it was", () => {
    const rate = (reply: (dialogue: Dialogue, turn: number) => string) =>
      reportBenchmark(judgeReplies(dialogues, (given) => given.turns.map((_, turn) => reply(given, turn))));
    const references = rate(({ turns }, turn) => turns[turn]!.reply);
    expect(references).toMatchObject({ actSuccess: 100, untouchedKept: 100, carriedKept: 100 });
    expect(rate(({ source }) => source).actSuccess).toBeLessThan(20);
    expect(rate(({ turns }) => turns[0]!.reply).actSuccess).toBeLessThan(40);
  });

  it("has no source in what is trained on, and hardly a reference", async () => {
    await generateDialogues({ workFolder, seed: 3, plan: { ...defaultPlan, dialoguesPerDirection: 0.2 } });
    await exportDialogues({ workFolder, shares });
    const exported = path.join(workFolder, "export");
    const rows = readRows(path.join(exported, "dialogues.train.jsonl"));
    // Instructions quote what they are about behind a colon or on a line of its own, and replies may be lists.
    const texts = rows.flatMap(({ source, turns }) => [
      source,
      ...turns.flatMap(({ instruction, reply }) => [...instruction.split(/[:：\n]/u), ...reply.split("\n")]),
    ]);
    const seen = new Set(texts.map((text) => bare(text.replace(/^\d+\. /u, ""))));
    expect(rows.length).toBeGreaterThan(1000);
    const held = dialogues.filter(({ source }) => seen.has(bare(source)));
    expect(held.map(({ source }) => source)).toEqual([]);
    // No pair has them; an exchange of names in another pair can still come to one.
    const first = dialogues.filter(({ turns }) => seen.has(bare(turns[0]!.reply)));
    expect(first.length).toBeLessThanOrEqual(5);
  }, 600_000);

  it("lets nobody export training rows of its sources", async () => {
    const less = { validation: 0.01, test: 0.1 };
    await expect(exportDialogues({ workFolder, shares: less })).rejects.toThrow(/expected 0\.3 or more, got 0\.1/);
    expect(readdirSync(path.join(workFolder, "export"))).not.toEqual([]);
    await exportDialogues({ workFolder, formats: ["parrot"], shares: { validation: 0.01, test: 0.4 } });
  });
});

it("wants prepared pairs, and shares that are some", async () => {
  const empty = path.join(folder, "empty");
  await expect(makeBenchmark({ workFolder: empty })).rejects.toMatchObject({ code: "work-incomplete" });
  const wrong = makeBenchmark({ workFolder: empty, shares: { validation: 0.5, test: 0.6 } });
  await expect(wrong).rejects.toMatchObject({ code: "argument-invalid" });
});
