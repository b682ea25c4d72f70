import { languageName, parseLanguage } from "@bayling/core/interaction";
import {
  type BleuTokenizer,
  compareTranslations,
  type TranslationMeasure,
  translationMeasures,
} from "@bayling/tuning/evaluation";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { collect, integer } from "../options/parsers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { parseNamedFile } from "./named-file.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { readLines } from "./text-file.ts";

/** The options of {@link addMeasureOptions} as they are parsed. */
export interface MeasureFlags extends ReportFlags {
  readonly to: string;
  readonly measures?: readonly TranslationMeasure[];
  readonly tokenizer?: BleuTokenizer;
  readonly lowercase?: true;
  readonly bootstrap?: number | true;
  readonly python?: string;
}

interface ScoreFlags extends MeasureFlags {
  readonly reference: readonly string[];
  readonly source?: string;
}

/** Options that say what is measured, and where the table goes. */
export function addMeasureOptions(command: Command): Command {
  const heading = "What is measured:";
  const options = [
    new Option(
      "--measures <names>",
      `${translationMeasures.join(", ")} (default: bleu,chrf,chrf++; the last three run in Python, where it has them)`,
    ).argParser(parseMeasures),
    new Option("--tokenizer <name>", "of BLEU (default: by the language)").choices([
      "13a",
      "zh",
      "char",
      "intl",
      "none",
    ]),
    new Option("--lowercase", "take letter case for nothing"),
    new Option(
      "--bootstrap [n]",
      "say what differs from the first by more than chance (resamples; default: 1000)",
    ).argParser(integer(1, 1_000_000)),
    new Option("--python <program>", "for neural measures (default: python3)"),
  ];
  for (const option of options) command.addOption(option.helpGroup(heading));
  return addReportOptions(command);
}

export function addReportOptions(command: Command): Command {
  return command.option("--html <file>", "write the table to a page, too").option("--json", "print one JSON document");
}

export function addScore(group: Command, context: Context): void {
  const command = group
    .command("score")
    .summary("compare files of translations by BLEU, chrF, TER, COMET …")
    .description(
      "Scores files of translations, one a line, against references, with the numbers of sacrebleu. A file's name without " +
        "its ending names the system; name=file gives it another. The first is what others are compared with.",
    )
    .argument("<files...>", "translations: [name=]file")
    .requiredOption("--reference <file>", "references, one a line; several times for several", collect)
    .requiredOption("--to <language>", "the language of the translations: decides what a word is")
    .option("--source <file>", "the sources; neural measures ask for them");
  addMeasureOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling eval score ours.txt theirs.txt --reference ref.txt --to de", "a table of two systems"],
        [
          "bayling eval score a=1.txt b=2.txt --reference ref.txt --to zh --bootstrap",
          "is b better by more than chance?",
        ],
        [
          "bayling eval score a.txt --reference r.txt --source s.txt --to en --measures bleu,comet",
          "COMET, if Python has it",
        ],
      ]),
    )
    .action((files: readonly string[], flags: ScoreFlags) =>
      context.interrupts.during((signal) => score(files, flags, context, signal)),
    );
}

async function score(
  files: readonly string[],
  flags: ScoreFlags,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const systems = [];
  for (const text of files) {
    const { name, file } = parseNamedFile(text);
    systems.push({ name, hypotheses: await readLines(file, signal) });
  }
  const references = [];
  for (const file of flags.reference) references.push(await readLines(file, signal));
  const sources = flags.source === undefined ? undefined : await readLines(flags.source, signal);
  await compare({ systems, references, sources }, flags, context, signal);
}

export interface TextsToCompare {
  readonly systems: readonly { readonly name: string; readonly hypotheses: readonly string[] }[];
  /** By file, then by line. */
  readonly references: readonly (readonly string[])[];
  readonly sources: readonly string[] | undefined;
}

/** Scores systems and prints the table. */
export async function compare(
  { systems, references, sources }: TextsToCompare,
  flags: MeasureFlags,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context;
  const language = parseLanguage(flags.to, "to");
  const segments = references[0]!.length;
  const uneven = references.find((lines) => lines.length !== segments);
  if (uneven !== undefined) {
    throw new UsageError(
      `the files of references have ${segments} and ${uneven.length} lines: they do not go together`,
    );
  }
  const progress = new ProgressLine(terminal, "scoring");
  try {
    const comparison = await compareTranslations(
      {
        title: `Translations into ${languageName(language, "en")}, ${segments} lines`,
        systems,
        references: references[0]!.map((_, line) => references.map((lines) => lines[line]!)),
        ...{ sources, language },
      },
      {
        ...{ measures: flags.measures, tokenizer: flags.tokenizer, lowercase: flags.lowercase, python: flags.python },
        resamples: flags.bootstrap === true ? 1000 : flags.bootstrap,
        onProgress: (done, total) => progress.draw(done / total, `${done} of ${total} measures`),
        signal,
      },
    );
    progress.end();
    await printComparisons("Translations", [comparison], flags, terminal);
  } finally {
    progress.end();
  }
}

function parseMeasures(text: string): readonly TranslationMeasure[] {
  const names = text
    .toLowerCase()
    .split(/[\s,]+/u)
    .filter((name) => name !== "");
  return names.map((name) => {
    const found = translationMeasures.find((measure) => measure === name);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed choices are ${translationMeasures.join(", ")}.`);
  });
}
