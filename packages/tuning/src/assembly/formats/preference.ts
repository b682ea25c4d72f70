import { z } from "zod";
import { type ExportFormat, recordColumn, recordListColumn } from "./export-format.ts";
import { factColumns, factsOf, type RowFacts, rowFacts } from "./row-facts.ts";
import type { ShareGptRow } from "./sharegpt.ts";

export interface PreferenceRow extends RowFacts {
  readonly conversations: ShareGptRow["conversations"];
  readonly chosen: ShareGptRow["conversations"][number];
  readonly rejected: ShareGptRow["conversations"][number];
}

const human = z.object({ from: z.enum(["human", "gpt"]), value: z.string().min(1) });
const reply = z.object({ from: z.literal("gpt"), value: z.string() });
const schema: z.ZodType<PreferenceRow> = z
  .object({ ...rowFacts, conversations: z.array(human).min(1), chosen: reply, rejected: reply })
  .refine(({ chosen, rejected }) => chosen.value !== rejected.value, "what is rejected is not what is chosen");

/**
 * Preferences, for DPO and CPO: a dialogue up to an instruction, the reply that passed the checks, and one that failed.
 * ShareGPT's fields, as LLaMA-Factory reads them; a row for each draft that was rejected.
 */
export const preferenceFormat: ExportFormat<PreferenceRow> = {
  name: "preference",
  schema,
  rows: (dialogue) =>
    dialogue.turns.flatMap(({ instruction, reply: chosen, rejected = [] }, index) =>
      rejected
        .filter((draft) => draft !== chosen)
        .map((draft, number) => ({
          ...factsOf(dialogue, index + 1),
          id: `${dialogue.id}-${index + 1}-${number + 1}`,
          conversations: [
            ...dialogue.turns.slice(0, index).flatMap((turn) => [
              { from: "human" as const, value: turn.instruction },
              { from: "gpt" as const, value: turn.reply },
            ]),
            { from: "human" as const, value: instruction },
          ],
          chosen: { from: "gpt" as const, value: chosen },
          rejected: { from: "gpt" as const, value: draft },
        })),
    ),
  columns: [
    ...[...factColumns, recordListColumn("conversations", ["from", "value"])],
    ...[recordColumn("chosen", ["from", "value"]), recordColumn("rejected", ["from", "value"])],
  ],
  llamaFactory: {
    ...{ formatting: "sharegpt", ranking: true },
    columns: { messages: "conversations", chosen: "chosen", rejected: "rejected" },
  },
};
