import { createReadStream, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { BayLingError } from "@bayling/core";
import { z } from "zod";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { contentHash } from "../content-hash.ts";

const text = z.string().trim().min(1);

const shareGptRow = z.object({
  conversations: z
    .array(z.object({ from: z.enum(["system", "human", "user", "gpt", "assistant"]), value: text }))
    .min(2),
});
const messagesRow = z.object({
  messages: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: text })).min(2),
});
const alpacaRow = z.object({
  instruction: text,
  input: z.string().optional(),
  output: text,
  history: z.array(z.tuple([text, text])).nullish(),
});

interface Exchange {
  readonly instruction: string;
  readonly reply: string;
}

/** What a row says, in turns; undefined for one that is no dialogue of a person and a model. */
function readRow(row: unknown): readonly Exchange[] | undefined {
  const shareGpt = shareGptRow.safeParse(row);
  if (shareGpt.success) {
    return pairUp(
      shareGpt.data.conversations.map(({ from, value }) => ({
        isPerson: from === "human" || from === "user",
        isSystem: from === "system",
        words: value,
      })),
    );
  }
  const messages = messagesRow.safeParse(row);
  if (messages.success) {
    return pairUp(
      messages.data.messages.map(({ role, content }) => ({
        isPerson: role === "user",
        isSystem: role === "system",
        words: content,
      })),
    );
  }
  const alpaca = alpacaRow.safeParse(row);
  if (!alpaca.success) return undefined;
  const { instruction, input, output, history } = alpaca.data;
  const asked = input === undefined || input.trim() === "" ? instruction : `${instruction}\n\n${input.trim()}`;
  const earlier = (history ?? []).map(([words, reply]) => ({ instruction: words, reply }));
  return [...earlier, { instruction: asked, reply: output }];
}

interface Message {
  readonly isPerson: boolean;
  readonly isSystem: boolean;
  readonly words: string;
}

/** Person and model in turn; a model that begins, as in cut ShareGPT chats, or a last question without reply is left out. */
function pairUp(messages: readonly Message[]): readonly Exchange[] | undefined {
  const said = messages.filter(({ isSystem }) => !isSystem);
  if (said[0]?.isPerson === false) said.shift();
  if (said.at(-1)?.isPerson === true) said.pop();
  if (said.length === 0 || said.length % 2 === 1 || said.some(({ isPerson }, index) => isPerson !== (index % 2 === 0)))
    return undefined;
  return said.flatMap(({ words }, index) =>
    index % 2 === 0 ? [{ instruction: words, reply: said[index + 1]!.words }] : [],
  );
}

/**
 * General instructions from files of ShareGPT, OpenAI messages or Alpaca: JSON Lines, row by row, or one JSON array. Rows
 * that are none are passed over.
 * @throws BayLingError `source-unreadable` for a file without a single row
 */
export async function* readGeneral(files: readonly string[]): AsyncGenerator<Dialogue, void, undefined> {
  for (const file of files) {
    let found = 0;
    for await (const { row, line } of rowsOf(file)) {
      const exchanges = readRow(row);
      if (exchanges === undefined) continue;
      found++;
      yield dialogueOf(exchanges, file, line);
    }
    if (found > 0) continue;
    throw new BayLingError("source-unreadable", {
      source: file,
      problem: "there are no general instructions in it",
      expected: "ShareGPT, OpenAI messages or Alpaca, as JSON Lines or a JSON array",
    });
  }
}

function dialogueOf(exchanges: readonly Exchange[], file: string, line: number): Dialogue {
  return {
    id: contentHash("general", exchanges).slice(0, 24),
    task: "general",
    source: exchanges[0]!.instruction,
    turns: exchanges.map(({ instruction, reply }) => ({
      ...{ instruction, reply, checks: [] },
      derivation: { kind: "imported", rule: "general", isMechanical: false },
    })),
    provenance: {
      origins: [{ corpus: path.basename(file), file, line }],
      ...{ engine: "imported", seed: 0, generator: "general-1" },
    },
  };
}

async function* rowsOf(
  file: string,
): AsyncGenerator<{ readonly row: unknown; readonly line: number }, void, undefined> {
  try {
    let line = 0;
    for await (const words of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (line === 1 && /^\uFEFF?\s*\[/.test(words)) {
        const rows: unknown = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
        for (const [index, row] of (Array.isArray(rows) ? rows : []).entries()) yield { row, line: index + 1 };
        return;
      }
      if (words.trim() !== "") yield { row: parse(words), line };
    }
  } catch (error) {
    throw new BayLingError("source-unreadable", {
      source: file,
      problem: "the general instructions cannot be read",
      received: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

function parse(words: string): unknown {
  try {
    return JSON.parse(words);
  } catch {
    return undefined;
  }
}
