import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Context } from "../context.ts";
import { Interrupted, UsageError } from "../exit-codes.ts";
import { fileName } from "../output/file-name.ts";
import { visible } from "../output/text-width.ts";
import { readInputLines } from "./input-lines.ts";
import type { LineOutput } from "./line-output.ts";
import { LineTranslator } from "./line-translator.ts";
import { PlainOutput } from "./plain-output.ts";
import { ResumableOutput } from "./resumable-output.ts";
import { type HeldInput, holdInputs, isInput, openTextInputs, type TextInput } from "./text-input.ts";
import { reportOutcome, translateLines } from "./translate-lines.ts";
import { doubtsAbout, openTranslator, type TranslationTask } from "./translation-task.ts";

interface OpenedFiles {
  readonly inputs: readonly TextInput[];
  /** How many lines there are, where that is known. */
  readonly total: number | undefined;
  readonly output: LineOutput;
}

/**
 * Translates files, or what is piped in, line by line.
 * @throws PartialFailure when lines could not be translated; UsageError; BayLingError; the signal's reason
 */
export async function translateFiles(
  task: TranslationTask,
  paths: readonly string[],
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context;
  // What is wrong with files is said before the model is loaded.
  const files = await openFiles(task, await openTextInputs(context, paths), context, signal);
  try {
    const { model, translator } = await openTranslator(task, context, signal);
    try {
      const note = (text: string) => terminal.isNoteInteractive && terminal.note(terminal.paintNote("dim", text));
      for (const doubt of doubtsAbout(translator)) note(doubt);
      if (files.output.done.length > 0) note(`(goes on at line ${files.output.done.length + 1})`);
      const { flags, options } = task;
      const lineOptions = {
        document: flags.document === true,
        context: flags.context === true,
        hypotheses: (flags.beams ?? 1) > 1,
        words: flags.words === true,
        oneLine: flags.json !== true,
        seed: options.seed ?? 0,
      };
      const outcome = await translateLines({
        ...{ output: files.output, total: files.total, terminal, signal },
        lines: readInputLines(files.inputs, signal),
        translator: new LineTranslator(translator, lineOptions, files.output.done.at(-1)?.context),
        json: flags.json === true,
        document: flags.document === true,
      });
      reportOutcome(outcome, terminal);
    } finally {
      await model.dispose();
    }
  } catch (error) {
    if (error instanceof Interrupted && task.flags.output !== undefined && terminal.isNoteInteractive) {
      terminal.note(terminal.paintNote("dim", "(the same command goes on where this one stopped)"));
    }
    throw error;
  } finally {
    await files.output.close();
  }
}

async function openFiles(
  task: TranslationTask,
  inputs: readonly TextInput[],
  { terminal }: Context,
  signal: AbortSignal,
): Promise<OpenedFiles> {
  const { output, overwrite } = task.flags;
  if (output === undefined) return { inputs, total: undefined, output: new PlainOutput(terminal) };
  if (await isInput(inputs, output)) throw new UsageError(`--output ${visible(output)}: it is one of the inputs`);
  const held = await holdInputs(inputs, signal);
  const identity = { input: digestOf(held), options: await identityOf(task) };
  const opened = await ResumableOutput.open(output, identity, overwrite === true);
  return { inputs: held, total: held.reduce((sum, { bytes }) => sum + countLines(bytes), 0), output: opened };
}

function digestOf(inputs: readonly HeldInput[]): string {
  const hash = createHash("sha256");
  for (const { bytes } of inputs) hash.update(`${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
}

/** Everything that decides what is written. */
async function identityOf({ source, flags, options }: TranslationTask): Promise<Record<string, unknown>> {
  const { from, to, mode, protect, profile, template, requirements = {}, decoding = {}, seed = 0 } = options;
  const { required, forbidden, glossary, register } = requirements;
  const size = await stat(source).then(
    (found) => `, ${found.size} bytes`,
    () => "",
  );
  return {
    model: fileName(source) + size,
    ...{ "--from": from, "--to": to, "--mode": mode, "--beams": decoding.beams, "--max-tokens": decoding.maxTokens },
    ...{ "--include": required, "--forbid": forbidden, "--glossary": glossary, "--register": register },
    ...{ "--no-protect": protect === false, "--profile": profile, "--template": template, "--seed": seed },
    ...{ "--context": flags.context, "--document": flags.document, "--context-length": flags.contextLength },
    ...{ "--json": flags.json, "--words": flags.words, "--adapter": flags.adapter },
  };
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let start = 0; start < bytes.length; lines++) {
    const end = bytes.indexOf(0x0a, start);
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
