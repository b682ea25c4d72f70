import {
  type ChatSystem,
  type ExamReply,
  type ExamResult,
  markExam,
  parseExam,
  takeExam,
} from "@bayling/tuning/evaluation";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { visible } from "../output/text-width.ts";
import { digest } from "./digest.ts";
import { parseNamedFile } from "./named-file.ts";
import { openChatSystem, type SystemSettings } from "./open-systems.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { runSystems } from "./run-systems.ts";
import { addReportOptions } from "./score.ts";
import type { SystemFlags } from "./system-names.ts";
import { addSystemOptions } from "./system-options.ts";
import { readText } from "./text-file.ts";

interface ExamFlags extends ReportFlags, SystemFlags, SystemSettings {
  readonly out?: string;
}

export function addExam(group: Command, context: Context): void {
  const command = group
    .command("exam")
    .summary("have systems sit exams of multiple choice, in English or Chinese")
    .description(
      "Asks systems the questions of exams and reads their choices, in English and Chinese. Questions are JSON objects a " +
        'line with "context" (or "prompt") and "question_id", as AGIEval\'s inputs are, and "label" (or "gold", "answer").',
    )
    .argument("<files...>", "exams: [name=]file")
    .option("--out <folder>", "where replies are kept, a folder an exam: a run that was stopped goes on where it was");
  addReportOptions(command);
  addSystemOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling eval exam gaokao-*.jsonl --system chat:model.gguf --out exams", "a column an exam"],
      ]),
    )
    .action((files: readonly string[], flags: ExamFlags) =>
      context.interrupts.during((signal) => sit(files, flags, context, signal)),
    );
}

async function sit(files: readonly string[], flags: ExamFlags, context: Context, signal: AbortSignal): Promise<void> {
  const columns: { readonly name: string; readonly results: ReadonlyMap<string, ExamResult> }[] = [];
  for (const text of files) {
    const { name, file } = parseNamedFile(text);
    const content = await readText(file, signal);
    const questions = parseExam(content, visible(file));
    const folder = flags.out === undefined ? {} : { folder: `${flags.out}/${name}` };
    const taken = await runSystems<ChatSystem, ExamReply, ExamReply[]>(
      context,
      { systems: flags.system ?? [], task: { exam: digest(content) }, ...folder },
      (named) => openChatSystem(context, named, flags, signal),
      (system, options) => takeExam(system, questions, options),
      signal,
    );
    columns.push({
      name,
      results: new Map(taken.map(({ name: system, result }) => [system, markExam(questions, result)])),
    });
  }
  const names = [...columns[0]!.results.keys()];
  const accuracies = (system: string) => columns.map(({ results }) => results.get(system)!.accuracy);
  const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
  const unreadable = names.map((system) => {
    const count = columns.reduce((total, { results }) => total + results.get(system)!.unreadable, 0);
    return `${system}: ${count} replies without a choice, which count as wrong`;
  });
  const comparison = {
    title: "Exams, accuracy %",
    columns: [{ name: "mean", higherIsBetter: true }, ...columns.map(({ name }) => ({ name, higherIsBetter: true }))],
    rows: names.map((system) => {
      const values = accuracies(system);
      return { system, cells: [mean(values), ...values].map((value) => ({ value })) };
    }),
    notes: [`the mean is over ${columns.length === 1 ? "the one exam" : `all ${columns.length} exams`}`, ...unreadable],
  };
  await printComparisons("Exams", [comparison], flags, context.terminal);
}
