import { z } from "zod";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { type ExportFormat, jsonColumn, textColumn } from "./export-format.ts";

const verdict = z.object({ outcome: z.enum(["pass", "unknown"]), reason: z.string() });

/** A dialogue as it must be to be written: with a turn that fails its act or the state it is no row. */
export const dialogueSchema: z.ZodType<Dialogue> = z.strictObject({
  id: z.string().min(1),
  task: z.enum(["interactive-translation", "general"]),
  from: z.string().optional(),
  to: z.string().optional(),
  source: z.string().min(1),
  turns: z
    .array(
      z.strictObject({
        act: z.looseObject({ kind: z.string() }).optional(),
        asked: z.array(z.looseObject({ kind: z.string() })).optional(),
        instruction: z.string().min(1),
        language: z.enum(["en", "zh", "de"]).optional(),
        reply: z.string().min(1),
        verdict: verdict.optional(),
        checks: z.array(z.strictObject({ rule: z.string(), verdict })),
        derivation: z.strictObject({
          kind: z.enum(["reference", "edited", "carried", "composed", "imported", "taught"]),
          rule: z.string(),
          isMechanical: z.boolean(),
        }),
        rejected: z.array(z.string()).optional(),
      }),
    )
    .min(1),
  provenance: z.strictObject({
    origins: z.array(
      z.strictObject({
        corpus: z.string(),
        license: z.string().optional(),
        file: z.string(),
        line: z.int(),
        id: z.string().optional(),
        attribution: z.string().optional(),
      }),
    ),
    engine: z.enum(["rules", "teacher", "imported"]),
    seed: z.number(),
    generator: z.string(),
    model: z.string().optional(),
    promptHash: z.string().optional(),
  }),
});

/** Dialogues with everything that is known of them: acts, verdicts, where they came from. */
export const dialogueFormat: ExportFormat<Dialogue> = {
  name: "dialogues",
  schema: dialogueSchema,
  rows: (dialogue) => [dialogue],
  columns: [
    ...[textColumn("id"), textColumn("task"), textColumn("from"), textColumn("to"), textColumn("source")],
    ...[jsonColumn("turns"), jsonColumn("provenance")],
  ],
};
