import type { Dialogue } from "@bayling/tuning";
import {
  type BenchmarkDialogue,
  compareBenchmarks,
  type InteractiveSystem,
  makeVerdictSheet,
  reportBenchmark,
  runInteractiveBenchmark,
  type VerdictItem,
} from "@bayling/tuning/evaluation";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { integer } from "../options/parsers.ts";
import { visible } from "../output/text-width.ts";
import { digest } from "./digest.ts";
import { systemFile } from "./named-file.ts";
import { openInteractiveSystem, type SystemSettings } from "./open-systems.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { runSystems } from "./run-systems.ts";
import { addReportOptions } from "./score.ts";
import type { SystemFlags } from "./system-names.ts";
import { addSystemOptions } from "./system-options.ts";
import { readText, writeText } from "./text-file.ts";

interface InteractiveFlags extends ReportFlags, SystemFlags, SystemSettings {
  readonly out?: string;
  readonly limit?: number;
  readonly turns: number;
  readonly typing: boolean;
  readonly sheets?: number;
}

export function addInteractive(group: Command, context: Context): void {
  const command = group
    .command("interactive")
    .summary("steer systems turn by turn, through dialogues that they have not seen")
    .description(
      "Steers systems through held-out dialogues, as bayling tune exports them in JSONL, and measures what they obey, what " +
        "they leave alone, which earlier wishes they keep, and what they spare a translator who types the reference.",
    )
    .argument("<dialogues>", "held-out dialogues, one JSON object a line")
    .option("--out <folder>", "where replies are kept, a file a system; a run that was stopped goes on where it was")
    .addOption(new Option("--turns <n>", "only dialogues of so many turns or more").argParser(integer(2)).default(3))
    .addOption(new Option("--limit <n>", "only the first n of them").argParser(integer(1)))
    .option("--no-typing", "without the translator who types, which takes most of the time")
    .addOption(
      new Option("--sheets <n>", "with --out: a sheet a system, on which a person judges n replies blindly").argParser(
        integer(1),
      ),
    );
  addReportOptions(command);
  addSystemOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        [
          "bayling eval interactive test.jsonl --system m.gguf --system chat:m.gguf --out runs",
          "with and without guarantees",
        ],
        [
          "bayling eval interactive test.jsonl --system http://host/v1#gpt-4 --sheets 200 --out runs",
          "and a sheet for people",
        ],
      ]),
    )
    .action((file: string, flags: InteractiveFlags) =>
      context.interrupts.during((signal) => steer(file, flags, context, signal)),
    );
}

async function steer(file: string, flags: InteractiveFlags, context: Context, signal: AbortSignal): Promise<void> {
  if (flags.sheets !== undefined && flags.out === undefined) throw new UsageError("--sheets needs --out, a folder");
  const text = await readText(file, signal);
  const dialogues = parseDialogues(text, visible(file))
    .filter(({ turns }) => turns.length >= flags.turns)
    .slice(0, flags.limit);
  const { typing } = flags;
  const task = { dialogues: digest(...dialogues.map(({ id }) => id)), typing };
  const taken = await runSystems<InteractiveSystem, BenchmarkDialogue, BenchmarkDialogue[]>(
    context,
    { systems: flags.system ?? [], task, ...(flags.out === undefined ? {} : { folder: flags.out }) },
    (named) => openInteractiveSystem(context, named, flags, signal),
    (system, options) => runInteractiveBenchmark(system, dialogues, { ...options, typing }),
    signal,
  );
  if (flags.sheets !== undefined) {
    for (const { name, result } of taken) {
      const items = verdictItems(dialogues, result);
      await writeText(systemFile(flags.out!, name, ".sheet.tsv"), makeVerdictSheet(items, { size: flags.sheets }));
      await writeText(systemFile(flags.out!, name, ".verdicts.json"), `${JSON.stringify(items)}\n`);
    }
  }
  const systems = taken.map(({ name, result }) => ({ name, report: reportBenchmark(result) }));
  await printComparisons(`${dialogues.length} dialogues`, compareBenchmarks(systems), flags, context.terminal);
}

/** Replies that a person can judge, with what the verifier said. */
function verdictItems(dialogues: readonly Dialogue[], taken: readonly BenchmarkDialogue[]): VerdictItem[] {
  const sources = new Map(dialogues.map(({ id, source }) => [id, source]));
  return taken.flatMap(({ id, turns }) =>
    turns.map(({ before, instruction, reply, outcome }, index) => ({
      ...{ id: `${id}#${index + 1}`, source: sources.get(id) ?? "", before, instruction, reply, outcome },
    })),
  );
}

function parseDialogues(text: string, file: string): Dialogue[] {
  const dialogues = text.split(/\r?\n/u).flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      const row = JSON.parse(line) as Partial<Dialogue> | null;
      const { id, source, turns } = row ?? {};
      if (typeof id === "string" && typeof source === "string" && Array.isArray(turns)) return [row as Dialogue];
    } catch {
      // Said below.
    }
    throw new UsageError(`${file}:${index + 1}: expected a dialogue, as bayling tune exports it in JSONL`);
  });
  if (dialogues.length > 0) return dialogues;
  throw new UsageError(`${file}: there is nothing in it`);
}
