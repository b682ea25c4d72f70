import type { TranslatorOptions } from "@bayling/core/interaction";
import {
  checkState,
  createState,
  glossary,
  parseCommand,
  parseLanguage,
  type Register,
  type Requirements,
  setRegister,
} from "@bayling/core/interaction";
import { type Command, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { readGlossary } from "./glossary-file.ts";
import { collect, integer } from "./parsers.ts";

/** The options of {@link addTranslationOptions} as they are parsed. */
export interface TranslationFlags {
  readonly from: string;
  readonly to: string;
  readonly mode: "faithful" | "draft";
  readonly beams?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly include?: readonly string[];
  readonly forbid?: readonly string[];
  readonly glossary?: string;
  readonly register?: Register;
  readonly protect: boolean;
  readonly profile?: string;
  readonly template?: string;
}

/** Options that say how to translate. */
export function addTranslationOptions(command: Command): Command {
  const asked = [
    new Option("--include <terms>", 'terms for every translation, as "ledger, journal | diary"').argParser(collect),
    new Option("--forbid <terms>", 'terms that no translation has, as "bank, shore"').argParser(collect),
    new Option("--glossary <file>", "how terms are translated: SOURCE <Tab> TARGET[|TARGET…] a line, # comments"),
    new Option("--register <tone>", "formal or informal").choices(["formal", "informal"]),
    new Option("--no-protect", "tags, placeholders, addresses and numbers may change"),
  ];
  const decoding = [
    new Option("--mode <mode>", "the best translation, or drawn ones").choices(["faithful", "draft"]),
    new Option("--beams <n>", "beam search: follow the n best at once (default: as the model was taught)"),
    new Option("--seed <n>", "the same seed writes the same drafts (default: 0 for files, else a random one)"),
    new Option("--max-tokens <n>", "stop after n tokens (default: four times as many as the text has, and 64)"),
    new Option(
      "--profile <name>",
      "how the model was taught to translate: bayling, alma, chat … (default: by its name)",
    ),
    new Option(
      "--template <name>",
      "how the dialogue is written: chatml, llama-3 … (default: as the model was taught)",
    ),
  ];
  decoding[0]!.default("faithful");
  decoding[1]!.argParser(integer(1));
  decoding[2]!.argParser(integer(0, 2 ** 32 - 1));
  decoding[3]!.argParser(integer(1));
  command
    .requiredOption("--from <language>", "language of the texts: a tag such as en, zh-Hans or pt-BR, or its name")
    .requiredOption("--to <language>", "language to translate into");
  for (const option of asked) command.addOption(option.helpGroup("What to ask for:"));
  for (const option of decoding) command.addOption(option.helpGroup("How to translate:"));
  return command;
}

/**
 * What core takes, and nothing that it would refuse: languages that there are, requests that can be met.
 * @throws UsageError; BayLingError as `parseLanguage`, `parseCommand`, `checkState`
 */
export async function toTranslatorOptions(flags: TranslationFlags): Promise<TranslatorOptions> {
  const { mode, beams, seed, maxTokens, protect, profile, template } = flags;
  const from = parseLanguage(flags.from, "from");
  const to = parseLanguage(flags.to, "to");
  if (from === to) throw new UsageError(`--from and --to are the same language, ${to}`);
  if (mode === "draft" && (beams ?? 1) > 1) throw new UsageError("--beams does not draw: leave out --mode draft");
  const requirements = await requirementsFrom(flags, from, to);
  const decoding = { ...(beams !== undefined && { beams }), ...(maxTokens !== undefined && { maxTokens }) };
  return { from, to, mode, protect, profile, template, requirements, decoding, seed };
}

/** What the options ask for, read as the same words would be in a dialogue. */
async function requirementsFrom(flags: TranslationFlags, from: string, to: string): Promise<Requirements> {
  const { include = [], forbid = [], register } = flags;
  const entries = flags.glossary === undefined ? [] : await readGlossary(flags.glossary);
  const acts = [
    ...include.map((terms) => parseCommand(`/include ${terms}`)),
    ...forbid.map((terms) => parseCommand(`/forbid ${terms}`)),
    ...(entries.length > 0 ? [glossary(entries)] : []),
    ...(register === undefined ? [] : [setRegister(register)]),
  ];
  const state = acts.reduce((before, act) => act.apply(before), createState(from, to, ""));
  checkState(state);
  const { required, forbidden, glossary: kept } = state;
  return { required, forbidden, glossary: kept, register: state.register };
}
