import { isFolder, loadTokenizer, openModelFiles, type Tokenizer } from "@bayling/core";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { printable, shorten } from "../output/text-width.ts";
import { spellToken } from "../output/token-spelling.ts";
import { readInput } from "../read-input.ts";

interface TokenizeFlags {
  readonly ids?: true;
  readonly count?: true;
  readonly decode?: true;
  readonly special?: true;
  readonly bos?: boolean;
  readonly json?: true;
}

export function addTokenize(program: Command, context: Context): void {
  program
    .command("tokenize")
    .summary("turn text into tokens, or tokens into text")
    .description(
      "Cuts a text into the tokens of a model: one line each, its id and what it says (▁ is a space, <0xF0> a byte that is no character alone). " +
        "Special tokens such as </s> stay text unless you ask.",
    )
    .argument("<model>", "a .gguf file, a tokenizer.json, or a folder of safetensors: a path or a URL")
    .argument("[text...]", "the text; without it, what is piped in")
    .option("--ids", "print only the ids, on one line")
    .option("--count", "print only how many tokens there are")
    .option("--decode", "the other way: the text is a list of ids, print what they say")
    .option("--special", "read special tokens such as </s> as tokens; with --decode, spell them out")
    .option("--bos", "begin with the beginning-of-sequence token (default: as the model asks)")
    .option("--no-bos", "never begin with it")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(context.terminal, [
        ['bayling tokenize model.gguf "Hello world"', "tokens of a text"],
        ["bayling tokenize model.gguf --count < book.txt", "how many tokens has a file?"],
        ['bayling tokenize model.gguf --decode "1 403 407"', "what do these ids say?"],
      ]),
    )
    .action((source: string, words: readonly string[], flags: TokenizeFlags) =>
      context.interrupts.during(async (signal) => {
        const what = flags.decode === true ? "ids" : "text";
        const text = await readInput(context, words, what, signal);
        const tokenizer = await openTokenizer(source, signal);
        if (flags.decode === true) await decode(tokenizer, text, flags, context.terminal);
        else await encode(tokenizer, text, flags, context.terminal);
      }),
    );
}

async function openTokenizer(source: string, signal: AbortSignal): Promise<Tokenizer> {
  if (!(await isFolder(source))) return loadTokenizer(source, { signal });
  const { tokenizer, dispose } = await openModelFiles(source, { signal });
  await dispose();
  return tokenizer;
}

async function encode(tokenizer: Tokenizer, text: string, flags: TokenizeFlags, terminal: Terminal): Promise<void> {
  const ids = tokenizer.encode(text, { addBos: flags.bos, parseSpecial: flags.special === true });
  if (flags.json === true) {
    const tokens = flags.count === true ? undefined : ids.map((id) => describe(tokenizer, id));
    await terminal.printJson({ count: ids.length, ids: flags.count === true ? undefined : ids, tokens });
  } else if (flags.count === true) {
    await terminal.print(String(ids.length));
  } else if (flags.ids === true) {
    await terminal.print(ids.join(" "));
  } else if (ids.length > 0) {
    await terminal.print(...tokenLines(tokenizer, ids, terminal));
  }
}

async function decode(tokenizer: Tokenizer, text: string, flags: TokenizeFlags, terminal: Terminal): Promise<void> {
  const ids = parseIds(text);
  const decoded = tokenizer.decode(ids, { special: flags.special === true });
  if (flags.json === true) await terminal.printJson({ text: decoded });
  else await terminal.print(terminal.isInteractive ? printable(decoded) : decoded);
}

/** Ids between spaces or commas, in brackets if someone likes: what `--ids` and `--json` print. */
function parseIds(text: string): number[] {
  return text
    .replaceAll(/[[\],]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => {
      if (/^\d+$/.test(word)) return Number(word);
      throw new UsageError(`"${shorten(word, 60)}" is no token id: with --decode, the text is a list of whole numbers`);
    });
}

function describe(tokenizer: Tokenizer, id: number): { id: number; text: string; control: boolean } {
  return { id, text: tokenizer.tokenText(id), control: tokenizer.isControl(id) };
}

function tokenLines(tokenizer: Tokenizer, ids: readonly number[], { paint }: Terminal): string[] {
  return alignColumns(
    ids.map((id) => {
      const spelling = spellToken(tokenizer, id);
      return [paint("dim", String(id)), tokenizer.isControl(id) ? paint("magenta", spelling) : spelling];
    }),
    [{ align: "right" }],
  );
}
