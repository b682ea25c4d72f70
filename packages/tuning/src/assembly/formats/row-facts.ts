import { z } from "zod";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { type ParquetColumn, textColumn, textListColumn } from "./export-format.ts";

/** What every row says of itself, whatever its format. Trainers pass fields over that they do not know. */
export interface RowFacts {
  readonly id: string;
  readonly task: "interactive-translation" | "general";
  readonly source_language: string | null;
  readonly target_language: string | null;
  /** Kinds, turn by turn. */
  readonly acts: readonly string[];
  readonly corpora: readonly string[];
  readonly licenses: readonly string[];
  readonly engine: "rules" | "teacher" | "imported";
}

export const rowFacts: { readonly [Field in keyof RowFacts]: z.ZodType<RowFacts[Field]> } = {
  id: z.string().min(1),
  task: z.enum(["interactive-translation", "general"]),
  source_language: z.string().nullable(),
  target_language: z.string().nullable(),
  acts: z.array(z.string()),
  corpora: z.array(z.string()),
  licenses: z.array(z.string()),
  engine: z.enum(["rules", "teacher", "imported"]),
};

export const factColumns: readonly ParquetColumn[] = [
  ...[textColumn("id"), textColumn("task"), textColumn("source_language"), textColumn("target_language")],
  ...[textListColumn("acts"), textListColumn("corpora"), textListColumn("licenses"), textColumn("engine")],
];

/** @param turns how many of the turns the row is about */
export function factsOf({ id, task, from, to, turns, provenance }: Dialogue, count: number = turns.length): RowFacts {
  const { origins, engine } = provenance;
  return {
    ...{ id, task, source_language: from ?? null, target_language: to ?? null },
    acts: turns.slice(0, count).flatMap(({ act }) => (act === undefined ? [] : [act.kind])),
    corpora: [...new Set(origins.map(({ corpus }) => corpus))],
    licenses: [...new Set(origins.flatMap(({ license }) => license ?? []))],
    engine,
  };
}
