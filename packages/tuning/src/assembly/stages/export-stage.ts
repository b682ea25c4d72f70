import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { BayLingError } from "@bayling/core";
import { z } from "zod";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { type FileDigest, makeFolder, writeDurably } from "../durable-file.ts";
import { dialogueSchema } from "../formats/dialogue-rows.ts";
import type { ExportFormat } from "../formats/export-format.ts";
import { exportFormats, formatByName } from "../formats/formats.ts";
import { JsonLinesWriter, ParquetRowWriter, type RowWriter } from "../formats/row-writer.ts";
import { requireHeldOut } from "../held-out.ts";
import { createSplitter, type SplitName, type SplitShares, splitNames } from "../splitter.ts";
import { stageFolder } from "../stage-manifest.ts";
import { WorkLock } from "../work-lock.ts";
import { joinDialogues } from "./join-dialogues.ts";

export type ExportFileType = "jsonl" | "parquet";

export interface ExportOptions {
  readonly workFolder: string;
  /** Names of {@link exportFormats}. Default: all. */
  readonly formats?: readonly string[] | undefined;
  /** Default: JSONL. */
  readonly fileTypes?: readonly ExportFileType[] | undefined;
  /** Default: 1 % of the sources for validation, 1 % for testing. */
  readonly shares?: SplitShares | undefined;
  /** Files of general instructions, ShareGPT's or Alpaca's, to be mixed in. */
  readonly general?: readonly string[] | undefined;
  /** What share of all rows general instructions are, as far as there are so many: 0 … below 1. Default 0.2. */
  readonly generalShare?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((dialogues: number) => void) | undefined;
}

export interface ExportedFile extends FileDigest {
  readonly file: string;
  readonly format: string;
  readonly split: SplitName;
  readonly rows: number;
}

/** What was written; `export/manifest.json` holds the same. */
export interface ExportResult {
  readonly shares: SplitShares;
  readonly dialogues: Readonly<Record<SplitName, number>>;
  /** Rows that would have taught in training what is held out. */
  readonly heldBack: number;
  readonly files: readonly ExportedFile[];
}

const resultSchema = z.object({ files: z.array(z.object({ file: z.string().regex(/^[\w.-]+$/) })) });

export const defaultShares: SplitShares = { validation: 0.01, test: 0.01 };

/**
 * Writes the dialogues of all stages in the formats of trainers, by splits. Every row is checked against its schema; a file
 * has its name when it is complete. An earlier export of the folder is taken away first.
 * @throws BayLingError `argument-invalid`, `work-incomplete`, `work-damaged`, `work-busy`, `sink-unwritable`
 */
export async function exportDialogues(options: ExportOptions): Promise<ExportResult> {
  const { workFolder, fileTypes = ["jsonl"], shares = defaultShares, signal, onProgress } = options;
  const splitter = await createSplitter(shares);
  requireHeldOut(workFolder, shares);
  const formats = options.formats === undefined ? exportFormats : [...new Set(options.formats)].map(formatByName);
  const folder = stageFolder(workFolder, "export");
  makeFolder(folder);
  const lock = new WorkLock(folder, "export");
  const outputs = new Outputs(folder, formats, fileTypes);
  const counts = { train: 0, validation: 0, test: 0 };
  let heldBack = 0;
  try {
    clear(folder);
    let seen = 0;
    for await (const dialogue of joinDialogues(options)) {
      if (++seen % 500 === 0) {
        onProgress?.(seen);
        await setImmediate();
      }
      signal?.throwIfAborted();
      checkRow(dialogueSchema, dialogue, dialogue);
      const split = splitter.splitOfDialogue(dialogue);
      if (split === undefined) heldBack++;
      else {
        counts[split]++;
        outputs.write(dialogue, split);
      }
    }
    const result = { shares, dialogues: counts, heldBack, files: outputs.finish() };
    writeDurably(path.join(folder, "dataset_info.json"), `${JSON.stringify(datasetInfo(result.files), null, 2)}\n`);
    writeDurably(path.join(folder, "manifest.json"), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    outputs.discard();
    lock.release();
  }
}

/** Takes away what an earlier export wrote, and nothing else. */
function clear(folder: string): void {
  const manifest = path.join(folder, "manifest.json");
  let files: readonly { readonly file: string }[] = [];
  try {
    files = resultSchema.parse(JSON.parse(readFileSync(manifest, "utf8"))).files;
  } catch {
    // There was none that came to its end.
  }
  rmSync(manifest, { force: true });
  for (const { file } of files) rmSync(path.join(folder, file), { force: true });
}

function checkRow(schema: z.ZodType, row: object, { id }: Dialogue, format = "dialogues"): void {
  const { error } = schema.safeParse(row);
  if (error === undefined) return;
  throw new BayLingError("work-damaged", {
    source: `dialogue ${id}`,
    problem: `the row is none of the format "${format}"`,
    received: z.prettifyError(error).replaceAll("\n", " "),
    remedy: "Report this: every row should have been checked when it was made",
  });
}

/** The files of an export: by format, split and type. Those of formats that have no rows for a split are empty. */
class Outputs {
  readonly #formats: readonly ExportFormat[];
  readonly #writers = new Map<
    string,
    { readonly format: string; readonly split: SplitName; readonly writer: RowWriter }[]
  >();

  constructor(folder: string, formats: readonly ExportFormat[], types: readonly ExportFileType[]) {
    this.#formats = formats;
    for (const format of formats) {
      for (const split of splitNames) {
        const writers = types.map((type) => {
          const file = path.join(folder, `${format.name}.${split}.${type}`);
          return type === "jsonl" ? new JsonLinesWriter(file) : new ParquetRowWriter(file, format);
        });
        this.#writers.set(
          `${format.name} ${split}`,
          writers.map((writer) => ({ format: format.name, split, writer })),
        );
      }
    }
  }

  write(dialogue: Dialogue, split: SplitName): void {
    for (const format of this.#formats) {
      for (const row of format.rows(dialogue)) {
        checkRow(format.schema, row, dialogue, format.name);
        for (const { writer } of this.#writers.get(`${format.name} ${split}`)!) writer.write(row);
      }
    }
  }

  finish(): ExportedFile[] {
    return [...this.#writers.values()].flat().map(({ format, split, writer }) => {
      const { rows, byteLength, sha256 } = writer.finish();
      return { file: path.basename(writer.file), format, split, rows, byteLength, sha256 };
    });
  }

  discard(): void {
    for (const { writer } of [...this.#writers.values()].flat()) writer.discard();
  }
}

/** `dataset_info.json` of LLaMA-Factory (its data/README.md): a data set for each file that it can read. */
function datasetInfo(files: readonly ExportedFile[]): Readonly<Record<string, unknown>> {
  const entries = files.flatMap(({ file, format, split, rows }) => {
    const { llamaFactory } = formatByName(format);
    if (llamaFactory === undefined || rows === 0) return [];
    const suffix = file.endsWith(".parquet") ? "_parquet" : "";
    return [[`bayling_${format}_${split}${suffix}`, { file_name: file, ...llamaFactory }] as const];
  });
  return Object.fromEntries(entries);
}
