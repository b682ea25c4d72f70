import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { readGeneral } from "./read-general.ts";

const folder = temporaryFolder();

async function read(name: string, text: string): Promise<Dialogue[]> {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  const found: Dialogue[] = [];
  for await (const dialogue of readGeneral([file])) found.push(dialogue);
  return found;
}

const said = (dialogues: readonly Dialogue[]) =>
  dialogues.map(({ turns }) => turns.map(({ instruction, reply }) => [instruction, reply]));

test("reads ShareGPT, messages and Alpaca, as lines or as an array, and passes over what is none", async () => {
  const rows = [
    {
      conversations: [
        { from: "gpt", value: "cut" },
        { from: "human", value: "a" },
        { from: "gpt", value: "b" },
      ],
    },
    {
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "c" },
        { role: "assistant", content: "d" },
      ],
    },
    { instruction: "e", input: "f", output: "g", history: [["h", "i"]] },
    {
      conversations: [
        { from: "human", value: "a" },
        { from: "human", value: "b" },
      ],
    },
    { text: "no dialogue" },
  ];
  const expected = [
    [["a", "b"]],
    [["c", "d"]],
    [
      ["h", "i"],
      ["e\n\nf", "g"],
    ],
  ];
  expect(said(await read("lines.jsonl", `${rows.map((row) => JSON.stringify(row)).join("\n")}\n{ broken`))).toEqual(
    expected,
  );
  expect(said(await read("array.json", JSON.stringify(rows, null, 1)))).toEqual(expected);
});

test("a file without a row is an error", async () => {
  await expect(read("none.jsonl", '{"text": 1}\n')).rejects.toMatchObject({ code: "source-unreadable" });
  await expect(read("broken.json", "[{")).rejects.toMatchObject({ code: "source-unreadable" });
});
