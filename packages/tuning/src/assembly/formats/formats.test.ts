import { readFileSync } from "node:fs";
import path from "node:path";
import { templateByName } from "@bayling/core/prompt";
import fc from "fast-check";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { exampleDialogue } from "../../testing/example-dialogues.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import type { AlpacaRow } from "./alpaca.ts";
import type { BayLingPromptRow } from "./bayling-prompt.ts";
import { exportFormats, formatByName } from "./formats.ts";
import type { OpenAiRow } from "./openai-messages.ts";
import type { ParrotRow } from "./parrot.ts";
import type { PreferenceRow } from "./preference.ts";
import { JsonLinesWriter, ParquetRowWriter } from "./row-writer.ts";
import type { ShareGptRow } from "./sharegpt.ts";

type Exchange = readonly [instruction: string, reply: string];

const words = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const dialogues: fc.Arbitrary<Dialogue> = fc
  .array(fc.tuple(words, words, fc.uniqueArray(words, { maxLength: 2 })), { minLength: 1, maxLength: 4 })
  .map((exchanges) =>
    exampleDialogue({
      turns: exchanges.map(([instruction, reply, rejected]) => ({
        ...{ act: { kind: "rephrase" }, instruction, reply, rejected, checks: [] },
        derivation: { kind: "taught", rule: "teacher", isMechanical: false },
      })),
    }),
  );

/** What a row says, read as its trainers read it. */
const readers: Readonly<Record<string, (rows: readonly object[]) => Exchange[]>> = {
  dialogues: ([row]) => (row as Dialogue).turns.map(({ instruction, reply }) => [instruction, reply]),
  sharegpt: ([row]) => pairs((row as ShareGptRow).conversations.map(({ value }) => value)),
  openai: ([row]) => pairs((row as OpenAiRow).messages.map(({ content }) => content)),
  alpaca: ([row]) => {
    const { history, instruction, output } = row as AlpacaRow;
    return [...history, [instruction, output]];
  },
};

function pairs(texts: readonly string[]): Exchange[] {
  return texts.flatMap((text, index) => (index % 2 === 0 ? [[text, texts[index + 1]!] as const] : []));
}

test.each(Object.entries(readers))("%s keeps every turn", (name, read) => {
  fc.assert(
    fc.property(dialogues, (dialogue) => {
      const { schema, rows } = formatByName(name);
      const made = JSON.parse(JSON.stringify(rows(dialogue))) as object[];
      for (const row of made) schema.parse(row);
      expect(read(made)).toEqual(dialogue.turns.map(({ instruction, reply }) => [instruction, reply]));
    }),
  );
});

test("the string of BayLing is what it was taught with, word for word", () => {
  const [row] = formatByName("bayling").rows(
    exampleDialogue({
      turns: exampleDialogue().turns.map((turn) => ({ ...turn, instruction: "Ask.", reply: "Say. 🙂" })),
    }),
  ) as BayLingPromptRow[];
  const turn = "### Instruction:\nAsk.\n### Response:\nSay. 🙂</s>";
  expect(row!.text).toBe(
    "I am an intelligent language assistant developed by the NLP Group of ICT/CAS.\n" +
      "Below is a dialog consisting of instructions and responses. Write a response that completes the request.\n\n" +
      `${turn}\n${turn}\n${turn}`,
  );
});

test("BayLing's prompts are those that a chat asks with, and its responses are counted as Python counts", () => {
  fc.assert(
    fc.property(dialogues, (dialogue) => {
      const [row] = formatByName("bayling").rows(dialogue) as BayLingPromptRow[];
      const characters = Array.from(row!.text);
      const messages: { role: "user" | "assistant"; content: string }[] = [];
      for (const [index, { instruction, reply }] of dialogue.turns.entries()) {
        messages.push({ role: "user", content: instruction });
        const [start, end] = row!.responses[index]!;
        const prompt = templateByName("bayling").render(messages);
        expect(characters.slice(0, start).join("")).toBe(prompt.map(({ text }) => text).join(""));
        // Words that would begin a turn are kept from it by characters of no width, in training as in a chat.
        expect(characters.slice(start, end).join("").replaceAll("\u200b", "")).toBe(
          `${reply.replaceAll("\u200b", "")}</s>`,
        );
        messages.push({ role: "assistant", content: reply });
      }
      expect(row!.responses).toHaveLength(dialogue.turns.length);
      expect(row!.responses.at(-1)![1]).toBe(characters.length);
    }),
  );
});

test("ParroT gets a row for every reply", () => {
  const dialogue = exampleDialogue();
  const all = formatByName("parrot").rows(dialogue) as ParrotRow[];
  const rows = all.filter(({ id }) => !id.includes("hint"));
  expect(rows.map(({ text }) => text)).toEqual(dialogue.turns.map(({ reply }) => `${reply}</s>`));
  expect(rows[0]!.prefix).toBe(
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n" +
      `### Instruction:\n${dialogue.turns[0]!.instruction}\n\n### Response:`,
  );
  expect(rows[2]!.prefix.startsWith(`${rows[0]!.prefix}${dialogue.turns[0]!.reply}</s>`)).toBe(true);
  expect(rows.map(({ acts }) => acts.length)).toEqual([1, 2, 3]);
});

test("ParroT gets a comparison for every draft of a translation that was rejected", () => {
  const [first, second, third] = exampleDialogue().turns;
  const explanation = { ...third!, rejected: ["Darum."] };
  const revision = { ...second!, rejected: ["Ledger.", "Ledger.", " ", second!.reply] };
  const dialogue = exampleDialogue({ turns: [first!, revision, explanation] });
  const rows = formatByName("parrot").rows(dialogue) as ParrotRow[];
  expect(rows.map(({ id }) => id)).toEqual(["d1-1", "d1-2", "d1-2-hint-1", "d1-3"]);
  const [, asked, contrast] = rows;
  expect(contrast!.prefix).toBe(
    asked!.prefix.replace(/\n\n### Response:$/, "\n\n### Hint: A superior translation would be\n\n### Response:"),
  );
  expect(contrast!.text).toBe(`<p>${revision.reply}</p> rather than <p>Ledger.</p></s>`);
});

test("preferences set what passed against what failed, with the dialogue before them", () => {
  const dialogue = exampleDialogue();
  const rows = formatByName("preference").rows(dialogue) as PreferenceRow[];
  expect(rows.map(({ rejected }) => rejected.value)).toEqual(dialogue.turns[1]!.rejected);
  for (const { conversations, chosen } of rows) {
    expect(conversations.map(({ value }) => value)).toEqual([
      ...[dialogue.turns[0]!.instruction, dialogue.turns[0]!.reply, dialogue.turns[1]!.instruction],
    ]);
    expect(chosen.value).toBe(dialogue.turns[1]!.reply);
  }
});

test("a row with a turn that fails is refused", () => {
  const [first, ...rest] = exampleDialogue().turns;
  const failed = { outcome: "fail" as const, reason: "it is in another language" };
  const { schema } = formatByName("dialogues");
  expect(schema.safeParse(exampleDialogue()).success).toBe(true);
  expect(schema.safeParse(exampleDialogue({ turns: [{ ...first!, verdict: failed }, ...rest] })).success).toBe(false);
  const checks = [{ rule: "language", verdict: failed }];
  expect(schema.safeParse(exampleDialogue({ turns: [{ ...first!, checks }, ...rest] })).success).toBe(false);
  expect(schema.safeParse(exampleDialogue({ turns: [] })).success).toBe(false);
});

const folder = temporaryFolder();

test.each(exportFormats)("$name is the same in Parquet and in JSON Lines", async (format) => {
  const some = fc.sample(dialogues, 60);
  const rows = [exampleDialogue(), ...some].flatMap((dialogue) => format.rows(dialogue));
  const [json, parquet] = ["jsonl", "parquet"].map((type) => path.join(folder, `${format.name}.${type}`));
  const writers = [new JsonLinesWriter(json!), new ParquetRowWriter(parquet!, format)];
  for (const writer of writers) {
    for (const row of rows) writer.write(row);
    expect(writer.finish()).toMatchObject({ rows: rows.length, byteLength: readFileSync(writer.file).length });
  }
  const lines = readFileSync(json!, "utf8").trimEnd().split("\n");
  const fromJson = lines.map((line) => JSON.parse(line) as object);
  expect(fromJson).toEqual(JSON.parse(JSON.stringify(rows)));
  expect(await parquetReadObjects({ file: await asyncBufferFromFile(parquet!) })).toEqual(fromJson);
});

test("Parquet is written in groups, and without rows it is a file with columns", async () => {
  const format = formatByName("sharegpt");
  const many = path.join(folder, "many.parquet");
  const writer = new ParquetRowWriter(many, format);
  const [row] = format.rows(exampleDialogue());
  for (let index = 0; index < 25_000; index++) writer.write({ ...row, id: `${index}` });
  writer.finish();
  const file = await asyncBufferFromFile(many);
  const metadata = await parquetMetadataAsync(file);
  expect(metadata.row_groups.length).toBeGreaterThan(1);
  expect(metadata.num_rows).toBe(25_000n);
  const [last] = await parquetReadObjects({ file, rowStart: 24_999 });
  expect(last).toEqual({ ...row, id: "24999" });

  const empty = path.join(folder, "empty.parquet");
  new ParquetRowWriter(empty, format).finish();
  expect(await parquetReadObjects({ file: await asyncBufferFromFile(empty) })).toEqual([]);
});
