import { z } from "zod";
import { type ExportFormat, nestedListColumn, textColumn } from "./export-format.ts";
import { factColumns, factsOf, type RowFacts, rowFacts } from "./row-facts.ts";

export interface AlpacaRow extends RowFacts {
  readonly instruction: string;
  readonly input: "";
  readonly output: string;
  readonly history: readonly (readonly [instruction: string, output: string])[];
}

const schema: z.ZodType<AlpacaRow> = z.object({
  ...rowFacts,
  instruction: z.string().min(1),
  input: z.literal(""),
  output: z.string().min(1),
  history: z.array(z.tuple([z.string().min(1), z.string().min(1)])),
});

/** Alpaca with a history of earlier turns, as LLaMA-Factory reads it: the last turn is the row's own. */
export const alpacaFormat: ExportFormat<AlpacaRow> = {
  name: "alpaca",
  schema,
  rows: (dialogue) => {
    const last = dialogue.turns.at(-1)!;
    return [
      {
        ...factsOf(dialogue),
        ...{ instruction: last.instruction, input: "" as const, output: last.reply },
        history: dialogue.turns.slice(0, -1).map(({ instruction, reply }): [string, string] => [instruction, reply]),
      },
    ];
  },
  columns: [
    ...[...factColumns, textColumn("instruction"), textColumn("input"), textColumn("output")],
    nestedListColumn("history", "text"),
  ],
  llamaFactory: {
    columns: { prompt: "instruction", query: "input", response: "output", history: "history" },
  },
};
