import { beginAnew } from "@bayling/tuning";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { addBitextOptions, type BitextFlags, toBitextOptions } from "./bitext-options.ts";
import { showCard } from "./card.ts";
import {
  addExportOptions,
  addSetOptions,
  type ExportFlags,
  showExporting,
  toExportOptions,
  toSetOptions,
} from "./export.ts";
import { addGenerateOptions, type GenerateFlags, showGenerating } from "./generate.ts";
import { showPreparing } from "./prepare.ts";
import { requireFiles } from "./require-files.ts";
import { addWorkOptions, type WorkFlags } from "./work-options.ts";

type RunFlags = WorkFlags & BitextFlags & Omit<GenerateFlags, "shard"> & ExportFlags & { readonly name?: string };

export function addRun(group: Command, context: Context): void {
  const command = group
    .command("run")
    .summary("from sentence pairs to files for a trainer: prepare, generate, export, card")
    .description(
      "Does all stages but the one that needs a teacher. A run that is stopped or killed goes on when the same command is given again.",
    )
    .argument("<files...>", "sentence pairs, as for prepare");
  addWorkOptions(command).option("--name <name>", "of the data set (default: that of the work folder)");
  addExportOptions(addSetOptions(addGenerateOptions(addBitextOptions(command))))
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling tune run tatoeba.tsv --from en --to zh-Hans --license CC-BY-2.0-FR --work work", "everything"],
      ]),
    )
    .action((files: readonly string[], flags: RunFlags) =>
      context.interrupts.during(async (signal) => {
        const { terminal } = context;
        const bitext = toBitextOptions(files, flags);
        const exporting = toExportOptions(flags);
        await requireFiles(bitext);
        if (flags.overwrite === true) beginAnew(flags.work, "prepare");
        const prepared = await showPreparing({ workFolder: flags.work, ...bitext }, terminal, signal);
        const generated = await showGenerating(flags, terminal, signal);
        const exported = await showExporting(exporting, terminal, signal);
        await showCard({ ...toSetOptions(flags), name: flags.name }, terminal, signal);
        if (flags.json === true) await terminal.printJson({ prepared, generated, exported });
      }),
    );
}
