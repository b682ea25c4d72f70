import { z } from "zod";
import { type ExportFormat, recordListColumn } from "./export-format.ts";
import { factColumns, factsOf, type RowFacts, rowFacts } from "./row-facts.ts";

export interface ShareGptRow extends RowFacts {
  readonly conversations: readonly { readonly from: "human" | "gpt"; readonly value: string }[];
}

const message = z.object({ from: z.enum(["human", "gpt"]), value: z.string().min(1) });
const schema: z.ZodType<ShareGptRow> = z.object({ ...rowFacts, conversations: z.array(message).min(2) });

/** ShareGPT, as FastChat reads it: a list of what human and model said. */
export const shareGptFormat: ExportFormat<ShareGptRow> = {
  name: "sharegpt",
  schema,
  rows: (dialogue) => [
    {
      ...factsOf(dialogue),
      conversations: dialogue.turns.flatMap(({ instruction, reply }) => [
        { from: "human" as const, value: instruction },
        { from: "gpt" as const, value: reply },
      ]),
    },
  ],
  columns: [...factColumns, recordListColumn("conversations", ["from", "value"])],
  llamaFactory: { formatting: "sharegpt", columns: { messages: "conversations" } },
};
