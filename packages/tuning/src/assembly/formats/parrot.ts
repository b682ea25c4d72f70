import { actFromJson } from "@bayling/core/interaction";
import { z } from "zod";
import type { Dialogue, DialogueTurn } from "../../dialogues/dialogue.ts";
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

/** Ends an instruction that asks for a comparison. */
const hint = "### Hint: A superior translation would be";

/**
 * ParroT (Jiao et al. 2023, arXiv 2304.02426): the prompt as `prefix`, the reply with its `</s>` as `text`, in Alpaca's
 * words. It knows single replies only, so each turn is a row, with the turns before it in the prompt. A translation beside
 * which drafts were rejected gives its contrastive rows too: the instruction with a hint, and what is better than what.
 */
export const parrotFormat: ExportFormat<ParrotRow> = {
  name: "parrot",
  schema,
  rows: (dialogue) =>
    dialogue.turns.flatMap((turn, index) => [
      rowOf(dialogue, index, turn, ""),
      ...rejectedTranslations(turn).map((draft, number) => {
        const instruction = `${turn.instruction}\n\n${hint}`;
        const reply = `<p>${turn.reply}</p> rather than <p>${draft}</p>`;
        return rowOf(dialogue, index, { ...turn, instruction, reply }, `-hint-${number + 1}`);
      }),
    ]),
  columns: [...factColumns, textColumn("prefix"), textColumn("text")],
};

/** @param turn in the place of that of the dialogue */
function rowOf(dialogue: Dialogue, index: number, turn: DialogueTurn, suffix: string): ParrotRow {
  const { text, replies } = promptText("alpaca", [...dialogue.turns.slice(0, index), turn]);
  const [start, end] = replies[index]!;
  const facts = factsOf(dialogue, index + 1);
  return {
    ...facts,
    id: `${dialogue.id}-${index + 1}${suffix}`,
    prefix: text.slice(0, start),
    text: text.slice(start, end),
  };
}

function rejectedTranslations({ act, reply, rejected = [] }: DialogueTurn): readonly string[] {
  if (rejected.length === 0 || act === undefined || actFromJson(act).replies !== "translation") return [];
  return [...new Set(rejected)].filter((draft) => draft !== reply && draft.trim() !== "");
}
