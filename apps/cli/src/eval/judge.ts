import path from "node:path";
import {
  type ChatSystem,
  type Comparison,
  type JudgedComparison,
  type JudgedQuestion,
  type JudgeReport,
  judgeAnswers,
  parseVerdictScores,
  type QuestionResponse,
  type Reviews,
  tallyJudgements,
} from "@bayling/tuning/evaluation";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { integer } from "../options/parsers.ts";
import { visible } from "../output/text-width.ts";
import { digest } from "./digest.ts";
import { parseNamedFile } from "./named-file.ts";
import { openChatSystem, type SystemSettings } from "./open-systems.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { runSystems } from "./run-systems.ts";
import { addReportOptions } from "./score.ts";
import { addSystemOptions } from "./system-options.ts";
import { readLines } from "./text-file.ts";

interface JudgeFlags extends ReportFlags, SystemSettings {
  readonly system?: readonly string[];
  readonly samples: number;
  readonly out?: string;
  readonly reviews?: true;
}

export function addJudge(group: Command, context: Context): void {
  const command = group
    .command("judge")
    .summary("have a model compare the replies of two systems")
    .description(
      "Has a judge compare two systems' replies to the same questions, each standing first as often as the other, and " +
        "counts wins, ties, losses and the ratio of scores. With --reviews, counts what a judge has written already.",
    )
    .argument("<files...>", "two files of replies; with --reviews, files of reviews")
    .option("--reviews", 'the files hold reviews: JSON objects a line with "review" and "category"')
    .addOption(new Option("--samples <n>", "reviews of each order").argParser(integer(1, 100)).default(1))
    .option("--out <folder>", "where reviews are kept: a run that was stopped goes on where it was");
  addReportOptions(command);
  addSystemOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling eval judge a.jsonl b.jsonl --system http://host/v1#gpt-4 --out reviews", "the system is the judge"],
        ["bayling eval judge reviews.jsonl --reviews", "count published reviews"],
      ]),
    )
    .action((files: readonly string[], flags: JudgeFlags) =>
      context.interrupts.during((signal) => judge(files, flags, context, signal)),
    );
}

async function judge(
  files: readonly string[],
  flags: JudgeFlags,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context;
  if (flags.reviews === true) {
    const comparisons = [];
    for (const file of files) comparisons.push(tableOf(path.basename(file), await countReviews(file, signal), []));
    await printComparisons("Reviews", comparisons, flags, terminal);
    return;
  }
  if (files.length !== 2) throw new UsageError("two files of replies are compared: give both");
  const [ours, theirs] = [await readReplies(files[0]!, signal), await readReplies(files[1]!, signal)];
  const { samples } = flags;
  const task = { samples, replies: digest(JSON.stringify(ours), JSON.stringify(theirs)) };
  const judged = await runSystems<ChatSystem, Reviews, JudgedComparison>(
    context,
    { systems: flags.system ?? [], task, ...(flags.out === undefined ? {} : { folder: flags.out }) },
    (named) =>
      openChatSystem(context, named, { ...flags, temperature: flags.temperature ?? (samples > 1 ? 0.7 : 0) }, signal),
    (system, options) => judgeAnswers(system, ours, theirs, { ...options, samples }),
    signal,
  );
  const names = files.map((file) => parseNamedFile(file).name);
  const comparisons = judged.map(({ name, result: { report, unreadable, swayedByOrder } }) =>
    tableOf(`${names[0]} against ${names[1]}, judged by ${name}`, report, [
      `${swayedByOrder} questions whose winner changed with the order of the answers`,
      ...(unreadable.length === 0 ? [] : [`no scores in the reviews of ${unreadable.join(", ")}`]),
    ]),
  );
  await printComparisons("Judged", comparisons, flags, terminal);
}

function tableOf(title: string, report: JudgeReport, notes: readonly string[]): Comparison {
  const rows = [["all", report] as const, ...report.byCategory];
  return {
    title,
    columns: [
      { name: "wins", digits: 0 },
      { name: "ties", digits: 0 },
      { name: "losses", digits: 0 },
      { name: "ratio", digits: 3 },
    ],
    rows: rows.map(([system, { wins, ties, losses, ratio }]) => ({
      system,
      cells: [wins, ties, losses, ratio].map((value) => ({ value })),
    })),
    notes: ["ratio: the scores of the first over those of the second", ...notes],
  };
}

async function countReviews(file: string, signal: AbortSignal): Promise<JudgeReport> {
  const questions: JudgedQuestion[] = [];
  for (const [index, row] of (await readRows(file, signal)).entries()) {
    const texts = [row.review].flat().filter((text) => typeof text === "string");
    const scores = texts.map(parseVerdictScores).filter((pair) => pair !== undefined);
    if (scores.length === 0) throw new UsageError(`${visible(file)}:${index + 1}: there are no scores in the review`);
    const mean = (which: 0 | 1) => scores.reduce((total, pair) => total + pair[which], 0) / scores.length;
    const category = typeof row.category === "string" ? row.category : "all questions";
    questions.push({ category, scores: [mean(0), mean(1)] });
  }
  return tallyJudgements(questions);
}

async function readReplies(file: string, signal: AbortSignal): Promise<QuestionResponse[]> {
  return (await readRows(file, signal)).map((row, index) => {
    const [text, response] = [[row.text].flat(), [row.response].flat()];
    const isTexts = [...text, ...response].every((part) => typeof part === "string");
    const id = row.question_id;
    if (isTexts && text.length === response.length && (typeof id === "string" || typeof id === "number")) {
      const category = typeof row.category === "string" ? row.category : "all questions";
      return { question_id: id, category, text: text as string[], response: response as string[] };
    }
    throw new UsageError(
      `${visible(file)}:${index + 1}: expected "question_id", and "text" and "response" of as many turns each`,
    );
  });
}

async function readRows(file: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const lines = (await readLines(file, signal)).filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    try {
      return Object(JSON.parse(line)) as Record<string, unknown>;
    } catch {
      throw new UsageError(`${visible(file)}:${index + 1}: this is no JSON`);
    }
  });
}
