import { z } from "zod";
import { type ExportFormat, textColumn } from "./export-format.ts";
import { promptText } from "./prompt-text.ts";
import { factColumns, factsOf, type RowFacts, rowFacts } from "./row-facts.ts";

export interface ParrotRow extends RowFacts {
  readonly prefix: string;
  readonly text: string;
}

const schema: z.ZodType<ParrotRow> = z.object({
  ...rowFacts,
  prefix: z.string().regex(/### Response:$/),
  text: z.string().regex(/.<\/s>$/s),
});

/**
 * ParroT (Jiao et al. 2023, arXiv 2304.02426): the prompt as `prefix`, the reply with its `</s>` as `text`, in Alpaca's
 * words. It knows single replies only, so each turn is a row, with the turns before it in the prompt.
 */
export const parrotFormat: ExportFormat<ParrotRow> = {
  name: "parrot",
  schema,
  rows: (dialogue) => {
    const { text, replies } = promptText("alpaca", dialogue.turns);
    return replies.map(([start, end], index) => ({
      ...factsOf(dialogue, index + 1),
      id: `${dialogue.id}-${index + 1}`,
      prefix: text.slice(0, start),
      text: text.slice(start, end),
    }));
  },
  columns: [...factColumns, textColumn("prefix"), textColumn("text")],
};
