import {
  type Comparison,
  defaultCriteria,
  makeBlindSheet,
  type Ranking,
  readBlindSheet,
  reportRankings,
} from "@bayling/tuning/evaluation";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { collect, integer } from "../options/parsers.ts";
import { visible } from "../output/text-width.ts";
import { parseNamedFile } from "./named-file.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { addReportOptions } from "./score.ts";
import { readLines, readText, writeText } from "./text-file.ts";

interface SheetFlags {
  readonly source: string;
  readonly out: string;
  readonly criterion?: readonly string[];
  readonly size: number;
  readonly seed: number;
}

export function addSheet(group: Command, context: Context): void {
  group
    .command("sheet")
    .summary("make a sheet on which people rank systems blindly")
    .description(
      "Writes a sheet for a spreadsheet, with the systems' texts under letters that are dealt anew for each item, and a key " +
        "beside it that annotators must not see.",
    )
    .argument("<files...>", "texts of systems, one a line: [name=]file")
    .requiredOption("--source <file>", "what they were asked, one a line")
    .requiredOption("--out <file>", "the sheet, such as sheet.tsv; the key is written to sheet.tsv.key.json")
    .option(
      "--criterion <name>",
      `what is ranked, several times for several (default: ${defaultCriteria.join(", ")})`,
      collect,
    )
    .addOption(new Option("--size <n>", "items, from the beginning").argParser(integer(1)).default(100))
    .addOption(new Option("--seed <n>", "deals the letters").argParser(integer(0, 2 ** 32 - 1)).default(0))
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling eval sheet a.txt b.txt c.txt --source test.en --out sheet.tsv", "three systems, 100 items"],
        ["bayling eval ranks sheet.tsv.key.json ann.tsv ben.tsv", "what two annotators made of it"],
      ]),
    )
    .action((files: readonly string[], flags: SheetFlags) =>
      context.interrupts.during((signal) => writeSheet(files, flags, context, signal)),
    );
}

async function writeSheet(
  files: readonly string[],
  { source, out, criterion, size, seed }: SheetFlags,
  { terminal }: Context,
  signal: AbortSignal,
): Promise<void> {
  const prompts = await readLines(source, signal);
  const systems = new Map<string, readonly string[]>();
  for (const text of files) {
    const { name, file } = parseNamedFile(text);
    const lines = await readLines(file, signal);
    if (systems.has(name)) throw new UsageError(`two systems are called ${name}: name them with name=file`);
    if (lines.length !== prompts.length) {
      throw new UsageError(`${visible(file)} has ${lines.length} lines, ${visible(source)} ${prompts.length}`);
    }
    systems.set(name, lines);
  }
  const items = prompts.slice(0, size).map((prompt, index) => ({
    ...{ id: String(index + 1), prompt },
    replies: new Map([...systems].map(([name, lines]) => [name, lines[index]!])),
  }));
  const { sheet, key } = makeBlindSheet(items, { seed, ...(criterion === undefined ? {} : { criteria: criterion }) });
  await writeText(out, sheet);
  await writeText(`${out}.key.json`, key);
  await terminal.print(`${visible(out)}: ${items.length} items; the key is in ${visible(out)}.key.json`);
}

export function addRanks(group: Command, context: Context): void {
  const command = group
    .command("ranks")
    .summary("read sheets that people filled in")
    .description("Prints who was ranked first how often, mean places, and how far annotators agree.")
    .argument("<key>", "the key of the sheet")
    .argument("<sheets...>", "sheets that were filled in, one an annotator");
  addReportOptions(command).action((key: string, sheets: readonly string[], flags: ReportFlags) =>
    context.interrupts.during(async (signal) => {
      const keyText = await readText(key, signal);
      const rankings: Ranking[] = [];
      const problems: string[] = [];
      for (const text of sheets) {
        const { name, file } = parseNamedFile(text);
        const read = readBlindSheet(await readText(file, signal), keyText, name);
        rankings.push(...read.rankings);
        problems.push(...read.problems.map((problem) => `${name}: ${problem}`));
      }
      if (rankings.length === 0) throw new UsageError(["nothing is ranked in the sheets", ...problems].join("; "));
      await printComparisons("Ranked by people", tables(rankings, problems), flags, context.terminal);
    }),
  );
}

function tables(rankings: readonly Ranking[], problems: readonly string[]): Comparison[] {
  return [...reportRankings(rankings)].map(([criterion, { rankings: count, systems, agreement }], index) => ({
    title: `${criterion}, ${count} rankings`,
    columns: [
      { name: "first %", higherIsBetter: true },
      { name: "mean place", higherIsBetter: false },
    ],
    rows: systems.map(({ system, firstShare, meanRank }) => ({
      system,
      cells: [{ value: firstShare }, { value: meanRank }],
    })),
    notes: [
      ...(Number.isNaN(agreement) ? [] : [`annotators order ${agreement.toFixed(1)} % of pairs alike`]),
      ...(index === 0 ? problems : []),
    ],
  }));
}
