import { z } from "zod";
import { type ExportFormat, recordListColumn } from "./export-format.ts";
import { factColumns, factsOf, type RowFacts, rowFacts } from "./row-facts.ts";

export interface OpenAiRow extends RowFacts {
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
}

const message = z.object({ role: z.enum(["user", "assistant"]), content: z.string().min(1) });
const schema: z.ZodType<OpenAiRow> = z.object({ ...rowFacts, messages: z.array(message).min(2) });

/** Messages as OpenAI's fine-tuning, Axolotl and TRL take them. */
export const openAiFormat: ExportFormat<OpenAiRow> = {
  name: "openai",
  schema,
  rows: (dialogue) => [
    {
      ...factsOf(dialogue),
      messages: dialogue.turns.flatMap(({ instruction, reply }) => [
        { role: "user" as const, content: instruction },
        { role: "assistant" as const, content: reply },
      ]),
    },
  ],
  columns: [...factColumns, recordListColumn("messages", ["role", "content"])],
  llamaFactory: {
    formatting: "sharegpt",
    columns: { messages: "messages" },
    tags: { role_tag: "role", content_tag: "content", user_tag: "user", assistant_tag: "assistant" },
  },
};
