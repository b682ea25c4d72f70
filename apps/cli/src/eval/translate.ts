import { parseLanguage } from "@bayling/core/interaction";
import { type InteractiveSystem, translateTexts } from "@bayling/tuning/evaluation";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { digest } from "./digest.ts";
import { parseNamedFile, systemFile } from "./named-file.ts";
import { openInteractiveSystem, type SystemSettings } from "./open-systems.ts";
import { runSystems } from "./run-systems.ts";
import { addMeasureOptions, compare, type MeasureFlags } from "./score.ts";
import type { SystemFlags } from "./system-names.ts";
import { addSystemOptions } from "./system-options.ts";
import { readLines, writeText } from "./text-file.ts";

interface TranslateFlags extends MeasureFlags, SystemFlags, SystemSettings {
  readonly from: string;
  readonly reference: string;
  readonly out: string;
  readonly outputs?: readonly string[];
}

export function addTranslateSystems(group: Command, context: Context): void {
  const command = group
    .command("translate")
    .summary("have systems translate a test set, and compare them")
    .description(
      "Has systems translate a test set, one sentence a line, and prints them in one table, files of other systems' " +
        "translations among them. What was translated is kept in a folder: a run that was stopped goes on where it was.",
    )
    .argument("<source>", "sentences, one a line")
    .requiredOption("--reference <file>", "their references")
    .requiredOption("--from <language>", "the language of the sentences")
    .requiredOption("--to <language>", "the language to translate into")
    .requiredOption("--out <folder>", "where translations are kept, a file a system")
    .option("--outputs <files...>", "files of translations of other systems, for the same table: [name=]file");
  addMeasureOptions(command);
  addSystemOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        [
          "bayling eval translate test.en --reference test.de --from en --to de --system model.gguf --out runs",
          "one model",
        ],
        [
          "bayling eval translate test.en --reference test.de --from en --to de --system a.gguf --system http://localhost:8000/v1#gpt --out runs",
          "a model beside an endpoint",
        ],
      ]),
    )
    .action((source: string, flags: TranslateFlags) =>
      context.interrupts.during((signal) => translateSystems(source, flags, context, signal)),
    );
}

async function translateSystems(
  source: string,
  flags: TranslateFlags,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const [sources, reference] = [await readLines(source, signal), await readLines(flags.reference, signal)];
  if (sources.length !== reference.length) {
    throw new UsageError(`${sources.length} sentences have ${reference.length} references: they do not go together`);
  }
  const [from, to] = [parseLanguage(flags.from, "from"), parseLanguage(flags.to, "to")];
  const translated = await runSystems<InteractiveSystem, string, string[]>(
    context,
    { systems: flags.system ?? [], folder: flags.out, task: { from, to, sources: digest(...sources) } },
    (named) => openInteractiveSystem(context, named, flags, signal),
    (system, options) =>
      translateTexts(
        system,
        sources.map((text) => ({ from, to, source: text })),
        options,
      ),
    signal,
  );
  const systems = [];
  for (const { name, result } of translated) {
    systems.push({ name, hypotheses: result });
    await writeText(systemFile(flags.out, name, ".txt"), `${result.join("\n")}\n`);
  }
  for (const text of flags.outputs ?? []) {
    const { name, file } = parseNamedFile(text);
    systems.push({ name, hypotheses: await readLines(file, signal) });
  }
  await compare({ systems, references: [reference], sources }, flags, context, signal);
}
