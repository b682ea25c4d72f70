import { dialogueTexts, trainVocabulary, writeVocabulary } from "@bayling/tuning";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { integer } from "../options/parsers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import { addSetOptions, type SetFlags } from "./export.ts";
import { grouped } from "./grouped.ts";
import { ofSplit } from "./split-dialogues.ts";

interface VocabularyFlags extends SetFlags {
  readonly work: string;
  readonly out: string;
  readonly size: number;
  readonly template: string;
  readonly system?: string;
  readonly json?: true;
}

export function addVocabulary(group: Command, context: Context): void {
  const command = group
    .command("vocabulary")
    .summary("learn a vocabulary from the dialogues, for a model from scratch")
    .description(
      "Learns the pieces of words that a new model reads and writes: byte-pair encoding as SentencePiece has it, with a " +
        "fallback to bytes, from the dialogues that are for training.",
    )
    .addOption(new Option("--work <folder>", "the work folder, after generate").makeOptionMandatory())
    .addOption(new Option("--out <folder>", "the new folder, with tokenizer.model").makeOptionMandatory())
    .addOption(new Option("--size <n>", "pieces").argParser(integer(1, 1_000_000)).default(8000))
    .addOption(new Option("--template <name>", "how dialogues are written").default("bayling"))
    .addOption(
      new Option("--system <text>", 'what the model is told first (default: what the template says; "" is nothing)'),
    );
  addSetOptions(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [['bayling tune vocabulary --work work --system "" --out vocabulary', "8000 pieces"]]),
    )
    .action((flags: VocabularyFlags) => context.interrupts.during((signal) => learn(flags, context.terminal, signal)));
}

async function learn(flags: VocabularyFlags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { size, system, out } = flags;
  const { templateByName } = await import("@bayling/core/prompt");
  const template = templateByName(flags.template);
  const progress = new ProgressLine(terminal, "learning pieces");
  let pieces: Awaited<ReturnType<typeof trainVocabulary>>;
  try {
    pieces = await trainVocabulary(dialogueTexts(ofSplit("train", flags), { template, system }), {
      ...{ size, controlTokens: template.controlTokens, signal },
      onProgress: ({ step, done }) =>
        progress.draw(undefined, step === "reading" ? `${grouped(done)} dialogues read` : `${grouped(done)} merged`),
    });
  } finally {
    progress.end();
  }
  await writeVocabulary(pieces, out);
  if (flags.json === true) await terminal.printJson({ out, pieces: pieces.length });
  else await terminal.print(`${grouped(pieces.length)} pieces in ${visible(out)}/tokenizer.model`);
}
