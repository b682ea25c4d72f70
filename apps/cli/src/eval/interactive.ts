import { actFromJson } from "@bayling/core/interaction";
import type { Dialogue } from "@bayling/tuning";
import {
  type BenchmarkDialogue,
  benchmarkSignature,
  compareBenchmarks,
  type InteractiveSystem,
  judgeReplies,
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
import { parseNamedFile, systemFile } from "./named-file.ts";
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
  readonly outputs?: readonly string[];
  readonly bounds?: true;
}

/** A system, and what its replies came to. */
interface Steered {
  readonly name: string;
  readonly result: readonly BenchmarkDialogue[];
}

export function addInteractive(group: Command, context: Context): void {
  const command = group
    .command("interactive")
    .summary("steer systems turn by turn, through dialogues that they have not seen")
    .description(
      "Steers systems through held-out dialogues, as bayling tune benchmark makes them, and measures what they obey, what " +
        "they leave alone, which earlier wishes they keep, and what they spare a translator who types the reference.",
    )
    .argument("<dialogues>", "held-out dialogues, one JSON object a line")
    .option("--out <folder>", "where replies are kept, a file a system; a run that was stopped goes on where it was")
    .addOption(new Option("--turns <n>", "only dialogues of so many turns or more").argParser(integer(2)).default(3))
    .addOption(new Option("--limit <n>", "only the first n of them").argParser(integer(1)))
    .option("--no-typing", "without the translator who types, which takes most of the time")
    .option("--bounds", "also rate the references, each translation left as it was, and the source copied")
    .option(
      "--outputs <files...>",
      '[name=]file of replies that were written elsewhere, for the same table: {"id", "replies"} a line, one for each turn',
    )
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
          "bayling eval interactive work/benchmark/dialogues.jsonl --bounds --system m.gguf --system chat:m.gguf --out runs",
          "with and without guarantees",
        ],
        [
          "bayling eval interactive dialogues.jsonl --system http://host/v1#gpt-4 --sheets 200 --out runs",
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
  const signature = benchmarkSignature(dialogues);
  const files = await Promise.all((flags.outputs ?? []).map((output) => readReplies(output, signal)));
  const steered: Steered[] = [
    ...(flags.bounds === true ? bounds(dialogues) : []),
    ...files.map(({ name, replies }) => ({ name, result: judgeReplies(dialogues, ({ id }) => replies.get(id)) })),
  ];
  if (steered.length === 0 || flags.system !== undefined) {
    const { typing } = flags;
    const task = { benchmark: signature, typing };
    const taken = await runSystems<InteractiveSystem, BenchmarkDialogue, BenchmarkDialogue[]>(
      context,
      { systems: flags.system ?? [], task, ...(flags.out === undefined ? {} : { folder: flags.out }) },
      (named) => openInteractiveSystem(context, named, flags, signal),
      (system, options) => runInteractiveBenchmark(system, dialogues, { ...options, typing }),
      signal,
    );
    steered.push(...taken);
  }
  if (flags.sheets !== undefined) {
    for (const { name, result } of steered) {
      const items = verdictItems(dialogues, result);
      await writeText(systemFile(flags.out!, name, ".sheet.tsv"), makeVerdictSheet(items, { size: flags.sheets }));
      await writeText(systemFile(flags.out!, name, ".verdicts.json"), `${JSON.stringify(items)}\n`);
    }
  }
  const systems = steered.map(({ name, result }) => ({ name, report: reportBenchmark(result) }));
  const title = `${dialogues.length} dialogues`;
  await printComparisons(title, compareBenchmarks(systems, signature), flags, context.terminal, { signature });
}

/** The ends of the scale. */
function bounds(dialogues: readonly Dialogue[]): Steered[] {
  const rate = (name: string, reply: (dialogue: Dialogue, turn: number) => string) => ({
    name,
    result: judgeReplies(dialogues, (dialogue) => dialogue.turns.map((_, turn) => reply(dialogue, turn))),
  });
  return [
    rate("references", ({ turns }, turn) => turns[turn]!.reply),
    rate("left as it was", ({ source, turns }, turn) => translationBefore(turns, turn) ?? source),
    rate("source copied", ({ source }) => source),
  ];
}

function translationBefore(turns: Dialogue["turns"], turn: number): string | undefined {
  return turns.slice(0, turn).findLast(({ act }) => actFromJson(act).replies === "translation")?.reply;
}

async function readReplies(
  output: string,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly replies: ReadonlyMap<string, readonly string[]> }> {
  const { name, file } = parseNamedFile(output);
  const rows = parseRows<{ readonly id: string; readonly replies: readonly string[] }>(
    await readText(file, signal),
    visible(file),
    ({ id, replies }) =>
      typeof id === "string" && Array.isArray(replies) && replies.every((reply) => typeof reply === "string"),
    'an "id", and "replies" that are texts',
  );
  return { name, replies: new Map(rows.map(({ id, replies }) => [id, replies])) };
}

/** Replies to what was asked of a translation, with what the verifier said. */
function verdictItems(dialogues: readonly Dialogue[], taken: readonly BenchmarkDialogue[]): VerdictItem[] {
  const sources = new Map(dialogues.map(({ id, source }) => [id, source]));
  return taken.flatMap(({ id, turns }) =>
    turns.slice(1).map(({ kind, before, instruction, reply, outcome }, index) => ({
      ...{ id: `${id}#${index + 2}`, kind, source: sources.get(id) ?? "", before, instruction, reply, outcome },
    })),
  );
}

function parseDialogues(text: string, file: string): Dialogue[] {
  return parseRows<Dialogue>(
    text,
    file,
    ({ id, source, turns }) => typeof id === "string" && typeof source === "string" && Array.isArray(turns),
    "a dialogue, as bayling tune makes it in JSONL",
  );
}

/** @throws UsageError that names the line */
function parseRows<Row extends object>(
  text: string,
  file: string,
  isRow: (row: Partial<Row>) => boolean,
  expected: string,
): Row[] {
  const rows = text.split(/\r?\n/u).flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      const row = Object(JSON.parse(line)) as Row;
      if (isRow(row)) return [row];
    } catch {
      // Said below.
    }
    throw new UsageError(`${file}:${index + 1}: expected ${expected}`);
  });
  if (rows.length > 0) return rows;
  throw new UsageError(`${file}: there is nothing in it`);
}
