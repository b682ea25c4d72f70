import path from "node:path";
import {
  beginAnew,
  checkShares,
  type ExportOptions,
  type ExportResult,
  exportDialogues,
  exportFormats,
} from "@bayling/tuning";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { collect, decimal } from "../options/parsers.ts";
import { formatBytes, formatSeconds } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { grouped } from "./grouped.ts";
import { addWorkOptions, type WorkFlags } from "./work-options.ts";

export interface SetFlags {
  readonly validation?: number;
  readonly test?: number;
  readonly general?: readonly string[];
  readonly generalShare?: number;
}

export interface ExportFlags extends SetFlags {
  readonly formats?: readonly string[];
  readonly files?: readonly ("jsonl" | "parquet")[];
}

/** Options that say what is in the set: export and card have to agree. */
export function addSetOptions(command: Command): Command {
  return command
    .addOption(new Option("--validation <share>", "of the sources (default: 0.01)").argParser(decimal))
    .addOption(new Option("--test <share>", "of the sources (default: 0.01)").argParser(decimal))
    .addOption(
      new Option("--general <file>", "general instructions to mix in: ShareGPT or Alpaca; may be repeated").argParser(
        collect,
      ),
    )
    .addOption(new Option("--general-share <share>", "of all rows (default: 0.2)").argParser(decimal));
}

export function addExportOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--formats <list>", `of ${exportFormats.map(({ name }) => name).join(", ")} (default: all)`).argParser(
        formatNames,
      ),
    )
    .addOption(new Option("--files <list>", "jsonl, parquet or both (default: jsonl)").argParser(fileTypes));
}

export function addExport(group: Command, context: Context): void {
  const command = group
    .command("export")
    .summary("write the dialogues in the formats of trainers")
    .description(
      "Joins all shards and writes splits for training, validation and test in the formats of trainers, with a " +
        "dataset_info.json for LLaMA-Factory. A source is in one split, whatever else comes into the set.",
    );
  addExportOptions(addSetOptions(addWorkOptions(command)))
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling tune export --work work", "all formats, as JSON Lines"],
        ["bayling tune export --work work --formats sharegpt,preference --files parquet", "some"],
        ["bayling tune export --work work --general alpaca.json --general-share 0.3", "with general instructions"],
      ]),
    )
    .action((flags: WorkFlags & ExportFlags) =>
      context.interrupts.during(async (signal) => {
        const options = toExportOptions(flags);
        if (flags.overwrite === true) beginAnew(flags.work, "export");
        const result = await showExporting(options, context.terminal, signal);
        if (flags.json === true) await context.terminal.printJson(result);
      }),
    );
}

export function toSetOptions({
  work,
  validation,
  test,
  general,
  generalShare,
}: WorkFlags & SetFlags): Pick<ExportOptions, "workFolder" | "shares" | "general" | "generalShare"> {
  if (generalShare !== undefined && !(generalShare >= 0 && generalShare < 1)) {
    throw new UsageError("--general-share takes a number from 0 that is below 1");
  }
  const shares = { validation: validation ?? 0.01, test: test ?? 0.01 };
  // Before anything is begun anew.
  checkShares(shares);
  return { workFolder: work, shares, general, generalShare };
}

export function toExportOptions(flags: WorkFlags & ExportFlags): ExportOptions {
  return { ...toSetOptions(flags), formats: flags.formats, fileTypes: flags.files };
}

export async function showExporting(
  options: ExportOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExportResult> {
  const began = performance.now();
  const progress = new ProgressLine(terminal, "writing files");
  let result: ExportResult;
  try {
    result = await exportDialogues({
      ...options,
      signal,
      onProgress: (dialogues) => progress.draw(undefined, `${grouped(dialogues)} dialogues`),
    });
  } finally {
    progress.end();
  }
  const rows = result.files
    .filter(({ rows: count }) => count > 0)
    .map(({ file, rows: count, byteLength }) => [
      path.join(options.workFolder, "export", file),
      ...[`${grouped(count)} rows`, formatBytes(byteLength)],
    ]);
  terminal.note(...alignColumns(rows, [{}, { align: "right" }, { align: "right" }]));
  const held = result.heldBack > 0 ? `; ${grouped(result.heldBack)} dialogues are held back from training` : "";
  terminal.note(terminal.paintNote("dim", `in ${formatSeconds((performance.now() - began) / 1000)}${held}`));
  return result;
}

function list(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}

/** Read before anything is begun anew: a typing mistake must not cost what was written. */
function formatNames(text: string): readonly string[] {
  const names = list(text);
  const known = exportFormats.map(({ name }) => name);
  if (names.every((name) => known.includes(name))) return names;
  throw new InvalidArgumentError(`Expected some of ${known.join(", ")}, with commas between them.`);
}

function fileTypes(text: string): readonly ("jsonl" | "parquet")[] {
  const names = list(text);
  const known = names.filter((name) => name === "jsonl" || name === "parquet");
  if (known.length === names.length) return known;
  throw new InvalidArgumentError("Expected jsonl, parquet or both, with a comma between them.");
}
