import { z } from "zod";
import { type ExportFormat, nestedListColumn, textColumn } from "./export-format.ts";
import { promptText } from "./prompt-text.ts";
import { factColumns, factsOf, type RowFacts, rowFacts } from "./row-facts.ts";

export interface BayLingPromptRow extends RowFacts {
  readonly text: string;
  readonly responses: readonly (readonly [start: number, end: number])[];
}

const schema: z.ZodType<BayLingPromptRow> = z
  .object({
    ...rowFacts,
    text: z.string().min(1),
    responses: z.array(z.tuple([z.int().min(0), z.int().min(1)])).min(1),
  })
  .refine(({ text, responses }) => {
    const characters = Array.from(text);
    return responses.every(([start, end]) => start < end && characters.slice(start, end).join("").endsWith("</s>"));
  }, "every response ends with </s>");

/**
 * The string that BayLing reads (arXiv 2306.10968), whole dialogues at a time, for trainers that take text. `responses`
 * says where the loss is: `[start, end)` of each reply with its `</s>`, in code points, as Python counts.
 */
export const baylingPromptFormat: ExportFormat<BayLingPromptRow> = {
  name: "bayling",
  schema,
  rows: (dialogue) => {
    const { text, replies } = promptText("bayling", dialogue.turns);
    const points = codePointOffsets(text);
    return [
      {
        ...factsOf(dialogue),
        text,
        responses: replies.map(([start, end]): [number, number] => [points(start), points(end)]),
      },
    ];
  },
  columns: [...factColumns, textColumn("text"), nestedListColumn("responses", "integer")],
};

/** From offsets in UTF-16 code units, asked for in ascending order, to offsets in code points. */
function codePointOffsets(text: string): (offset: number) => number {
  let at = 0;
  let points = 0;
  return (offset) => {
    for (; at < offset; points++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    return points;
  };
}
