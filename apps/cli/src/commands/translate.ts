import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { addModelOptions, modelArgument } from "../options/model-options.ts";
import { addTranslationOptions, toTranslatorOptions } from "../options/translation-options.ts";
import { converse } from "../translate/converse.ts";
import { translateFiles } from "../translate/translate-files.ts";
import type { TranslateFlags } from "../translate/translation-task.ts";

export function addTranslate(program: Command, context: Context): void {
  const command = program
    .command("translate")
    .summary("translate, and steer the translation")
    .description(
      "Translates. On a terminal it is a dialogue: type a text, then say what to change; /help lists how. Files, and " +
        "what is piped in, are translated line by line: as many lines come out, in the same order.",
    )
    .argument(...modelArgument)
    .argument("[files...]", "texts, one a line; - is what is piped in");
  addTranslationOptions(command);
  const files = [
    new Option("--context", "translate each text with the ones before it in view"),
    new Option("--document", "split lines into sentences, each with the ones before it in view"),
    new Option("--output <file>", "write there; a run that was stopped goes on where it was"),
    new Option("--overwrite", "begin the output anew"),
    new Option("--words", "with --json: how sure the model is of each word"),
    new Option("--json", "print a JSON object a line: translation, verdicts, notes; with --beams, all hypotheses"),
  ];
  for (const option of files) command.addOption(option.helpGroup("Texts and output:"));
  addModelOptions(command, "--context-length")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling translate model.gguf --from en --to zh-Hans", "a dialogue about translations"],
        ["bayling translate model.gguf notes.txt --from en --to de --output notizen.txt", "a file; run again to go on"],
        ["bayling translate model.gguf --from de --to en --glossary terms.tsv < a.txt > b.txt", "in a script"],
        ["bayling translate model.gguf a.txt --from en --to fr --beams 5 --words --json", "everything that is known"],
      ]),
    )
    .action(async (source: string, paths: readonly string[], flags: TranslateFlags) => {
      const isDialogue = paths.length === 0 && context.terminal.isInputInteractive;
      checkFlags(flags, isDialogue);
      const options = await toTranslatorOptions(flags);
      const task = { source, flags, options };
      if (isDialogue) await converse(task, context);
      else await context.interrupts.during((signal) => translateFiles(task, paths, context, signal));
    });
}

function checkFlags({ words, json, overwrite, output, document }: TranslateFlags, isDialogue: boolean): void {
  if (words === true && json !== true) throw new UsageError("--words is for --json; in a dialogue, type /words");
  if (isDialogue && output !== undefined) throw new UsageError("--output is for files and pipes: name a file");
  if (isDialogue && document === true) throw new UsageError("--document is for files and pipes: name a file");
  if (overwrite === true && output === undefined) throw new UsageError("--overwrite is for --output");
}
