import { type MadeBenchmark, makeBenchmark } from "@bayling/tuning/evaluation";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { decimal, integer } from "../options/parsers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import { visible } from "../output/text-width.ts";
import type { SetFlags } from "./export.ts";
import { grouped } from "./grouped.ts";

interface BenchmarkFlags extends Pick<SetFlags, "validation" | "test"> {
  readonly work: string;
  readonly size?: number;
  readonly turns?: number;
  readonly seed?: number;
  readonly json?: true;
}

export function addBenchmark(group: Command, context: Context): void {
  group
    .command("benchmark")
    .summary("make held-out dialogues to measure models with")
    .description(
      "Makes benchmark/dialogues.jsonl for bayling eval interactive: dialogues about test sources, balanced over directions " +
        "and acts, none of whose texts training sees. Exports with a smaller test split are refused from then on.",
    )
    .addOption(new Option("--work <folder>", "the work folder, after prepare").makeOptionMandatory())
    .addOption(new Option("--size <n>", "dialogues (default: 600)").argParser(integer(1)))
    .addOption(new Option("--turns <n>", "of each dialogue at least (default: 3)").argParser(integer(2, 20)))
    .addOption(new Option("--validation <share>", "as for export (default: 0.01)").argParser(decimal))
    .addOption(
      new Option(
        "--test <share>",
        "of the sources, as for export: the more, the better balanced (default: 0.01)",
      ).argParser(decimal),
    )
    .addOption(
      new Option("--seed <n>", "the same seed, the same dialogues (default: 0)").argParser(integer(0, 2 ** 32 - 1)),
    )
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [["bayling tune benchmark --work work --test 0.03", "3 % of the sources, for all"]]),
    )
    .action((flags: BenchmarkFlags) => context.interrupts.during((signal) => make(flags, context, signal)));
}

async function make(flags: BenchmarkFlags, { terminal }: Context, signal: AbortSignal): Promise<void> {
  const { work, size = 600, turns, seed, validation = 0.01, test = 0.01 } = flags;
  const progress = new ProgressLine(terminal, "making dialogues");
  let made: MadeBenchmark;
  try {
    made = await makeBenchmark({
      ...{ workFolder: work, size, leastTurns: turns, seed, shares: { validation, test }, signal },
      onProgress: (pairs, pairsTotal) => progress.draw(pairs / pairsTotal, `${grouped(pairs)} pairs`),
    });
  } finally {
    progress.end();
  }
  if (flags.json === true) await terminal.printJson(made);
  else await terminal.print(made.signature, visible(made.file));
  if (made.dialogues < size) {
    terminal.note(`only ${made.dialogues} of ${size} dialogues: a larger --test holds more sources out`);
  }
}
