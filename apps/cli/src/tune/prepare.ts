import { beginAnew, type PreparedDigest, type PrepareOptions, prepareBitext } from "@bayling/tuning";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { formatSeconds } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import { addBitextOptions, type BitextFlags, toBitextOptions } from "./bitext-options.ts";
import { grouped } from "./grouped.ts";
import { notePrepared } from "./note-prepared.ts";
import { requireFiles } from "./require-files.ts";
import { addWorkOptions, type WorkFlags } from "./work-options.ts";

export function addPrepare(group: Command, context: Context): void {
  const command = group
    .command("prepare")
    .summary("read and filter sentence pairs, and learn what dialogues need")
    .description(
      "Reads sentence pairs, leaves out what should not be taught, and learns from the rest a lexicon and an index. " +
        "Nothing is read again until the stage is begun anew.",
    )
    .argument("<files...>", "sentence pairs: TSV, JSONL, TMX, Tatoeba's exports, line-aligned files, also gzip's");
  addBitextOptions(addWorkOptions(command))
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling tune prepare tatoeba.tsv --from en --to zh-Hans --license CC-BY-2.0-FR --work work", "one file"],
        ["bayling tune prepare en:de:a.tsv en:zh-Hans:b.tsv --work work", "several languages"],
        [
          "bayling tune prepare a.en a.de --format lines --from en --to de --keep-out wmt22.en --work work",
          "aligned lines",
        ],
      ]),
    )
    .action((files: readonly string[], flags: WorkFlags & BitextFlags) =>
      context.interrupts.during(async (signal) => {
        const options = toBitextOptions(files, flags);
        await requireFiles(options);
        if (flags.overwrite === true) beginAnew(flags.work, "prepare");
        const prepared = await showPreparing({ workFolder: flags.work, ...options }, context.terminal, signal);
        if (flags.json === true) await context.terminal.printJson(prepared);
      }),
    );
}

/** Prepares, and says how far it is and what came of it. */
export async function showPreparing(
  options: PrepareOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<PreparedDigest> {
  const began = performance.now();
  const progress = new ProgressLine(terminal, "reading pairs");
  let steps = progress;
  try {
    const prepared = await prepareBitext({
      ...options,
      signal,
      onProgress: ({ bytesRead, bytesTotal, pairs }) =>
        progress.draw(bytesTotal === 0 ? undefined : Math.min(1, bytesRead / bytesTotal), `${grouped(pairs)} pairs`),
      onStep: (step) => {
        steps.end();
        steps = new ProgressLine(
          terminal,
          step === "lexicon" ? "learning which words belong together" : "looking for other wordings",
        );
        steps.draw(undefined, "…");
      },
    });
    steps.end();
    const seconds = (performance.now() - began) / 1000;
    terminal.note(
      `${grouped(prepared.pairs)} pairs prepared ${terminal.paintNote("dim", `in ${formatSeconds(seconds)}`)}`,
    );
    notePrepared(options.workFolder, terminal);
    return prepared;
  } finally {
    steps.end();
  }
}
