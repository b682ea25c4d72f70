import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { BayLingError, loadFolderTokenizer, type Tokenizer } from "@bayling/core";
import { builtInTemplates } from "@bayling/core/prompt";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { exampleDialogue } from "../testing/example-dialogues.ts";
import { findPython } from "../testing/find-python.ts";
import { dialogueTexts } from "./dialogue-texts.ts";
import { textChunks } from "./text-chunks.ts";
import { trainVocabulary } from "./train-vocabulary.ts";
import { writeVocabulary } from "./vocabulary-folder.ts";

const python = findPython("sentencepiece");

const texts = [
  ...Array.from({ length: 30 }, () => "The cat sat on the mat.\nThe cat doesn't sit."),
  ...Array.from({ length: 20 }, () => "我喜欢猫。我喜欢狗。Ich mag Katzen, über alles: 2026!"),
  ...Array.from({ length: 10 }, () => "one two  three\n\nfour the the the"),
  "貓",
];

let folder: string;
let tokenizer: Tokenizer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bayling-vocabulary-"));
  await writeVocabulary(await trainVocabulary(texts, { size: 420 }), folder);
  ({ tokenizer } = await loadFolderTokenizer(folder));
});
afterAll(() => rm(folder, { recursive: true }));

const spelled = (text: string) => tokenizer.encode(text, { addBos: false }).map((token) => tokenizer.tokenText(token));

test("chunks end where no piece may reach across, and lose nothing", () => {
  expect(textChunks("I don't see 12 猫cats, ok?\n  Is")).toEqual([
    "▁I",
    "▁don't",
    "▁see",
    "▁1",
    "2",
    "▁",
    "猫",
    "cats",
    ",",
    "▁ok",
    "?",
    "\n",
    "▁▁Is",
  ]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(textChunks(text).join("")).toBe(`▁${text.replaceAll(" ", "▁")}`);
    }),
  );
});

describe("a trained vocabulary", () => {
  it("merges what is frequent, and writes the rest in bytes", () => {
    expect(spelled("The cat doesn't")).toEqual(["▁The", "▁cat", "▁doesn't"]);
    expect(spelled("我喜欢猫")).toEqual(["▁", "我喜欢猫"]);
    expect(spelled("貓")).toEqual(["▁", "<0xE8>", "<0xB2>", "<0x93>"]);
    expect(spelled("a\nb")).toContain("<0x0A>");
  });

  it("spells every text, and gives it back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text, { addBos: false }))).toBe(text);
      }),
    );
  });

  it("is the same for the same texts in any order", async () => {
    const pieces = await trainVocabulary(texts, { size: 420 });
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(texts, { minLength: texts.length }), async (shuffled) => {
        expect(await trainVocabulary(shuffled, { size: 420 })).toEqual(pieces);
      }),
      { numRuns: 5 },
    );
  });

  it("has every piece once, none longer than asked for", async () => {
    const pieces = await trainVocabulary(texts, { size: 10_000, longestPiece: 4 });
    expect(new Set(pieces.map(({ spelling }) => spelling)).size).toBe(pieces.length);
    const learned = pieces.filter(({ type }) => type === 1);
    expect(Math.max(...learned.map(({ spelling }) => [...spelling].length))).toBe(4);
  });

  it("merges as counting all pairs anew for every merge does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", " ") }), { minLength: 1 }),
        async (given) => {
          const pieces = await trainVocabulary(given, { size: 300, leastCharacterCount: 1 });
          const learned = pieces.filter(({ type, spelling }) => type === 1 && spelling.length > 1);
          expect(learned.map(({ spelling }) => spelling)).toEqual(slowMerges(given, learned.length));
        },
      ),
    );
  });

  it("has the control tokens of a template, and spells its dialogues without them", async () => {
    const template = builtInTemplates.find(({ name }) => name === "chatml")!;
    const dialogues = (async function* () {
      yield* Array.from({ length: 9 }, () => exampleDialogue());
    })();
    const read: string[] = [];
    for await (const text of dialogueTexts(dialogues, { template, system: "" })) read.push(text);
    expect(read.join("")).not.toContain("<|im_");
    expect(read[0]).toContain(exampleDialogue().turns[0]!.reply);
    const pieces = await trainVocabulary(read, { size: 400, controlTokens: template.controlTokens });
    expect(pieces.filter(({ type }) => type === 3).map(({ spelling }) => spelling)).toEqual(
      expect.arrayContaining(["<s>", "</s>", "<|im_start|>", "<|im_end|>"]),
    );
  });

  it("refuses a size that has no room for bytes or characters, and stops when told", async () => {
    await expect(trainVocabulary(texts, { size: 100 })).rejects.toThrow(BayLingError);
    await expect(trainVocabulary(texts, { size: 262 })).rejects.toThrow(/characters alone do not fit/);
    const endless = (function* () {
      for (;;) yield "text";
    })();
    await expect(trainVocabulary(endless, { size: 300, signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
  });
});

it.skipIf(python === undefined)("is read by SentencePiece, which cuts texts alike", async () => {
  const lines = [...new Set(texts), "unseen words über 狗狗 ☃ café", "  two spaces  ", "the2026cats"];
  await writeFile(path.join(folder, "lines.json"), JSON.stringify(lines));
  const script = `
import json, sys, sentencepiece
model = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1] + "/tokenizer.model")
lines = json.load(open(sys.argv[1] + "/lines.json"))
print(json.dumps({"ids": [model.encode(line) for line in lines], "special": [model.unk_id(), model.bos_id(), model.eos_id()]}))`;
  const said = JSON.parse(execFileSync(python!, ["-c", script, folder], { encoding: "utf8" }));
  expect(said.ids).toEqual(lines.map((line) => [...tokenizer.encode(line, { addBos: false })]));
  expect(said.special).toEqual([0, 1, 2]);
  expect(JSON.parse(await readFile(path.join(folder, "tokenizer_config.json"), "utf8")).bos_token).toBe("<s>");
});

/** The same by the book: count, merge, count. */
function slowMerges(given: readonly string[], count: number): string[] {
  let chunks = given.flatMap((text) => textChunks(text)).map((chunk) => [...chunk]);
  const merges: string[] = [];
  while (merges.length < count) {
    const counts = new Map<string, { spelling: string; count: number }>();
    for (const chunk of chunks) {
      for (let at = 1; at < chunk.length; at++) {
        const key = `${chunk[at - 1]}\t${chunk[at]}`;
        const spelling = chunk[at - 1]! + chunk[at]!;
        counts.set(key, { spelling, count: (counts.get(key)?.count ?? 0) + 1 });
      }
    }
    const sorted = [...counts].sort(
      ([, one], [, other]) =>
        other.count - one.count ||
        one.spelling.length - other.spelling.length ||
        (one.spelling < other.spelling ? -1 : one.spelling > other.spelling ? 1 : 0),
    );
    const [key, { spelling }] = sorted.find(([, pair]) => pair.spelling.length <= 16)!;
    if (!merges.includes(spelling)) merges.push(spelling);
    const [left, right] = key.split("\t");
    chunks = chunks.map((chunk) => {
      const next: string[] = [];
      for (let at = 0; at < chunk.length; at++) {
        const isPair = chunk[at] === left && chunk[at + 1] === right;
        next.push(isPair ? spelling : chunk[at]!);
        if (isPair) at++;
      }
      return next;
    });
  }
  return merges;
}
