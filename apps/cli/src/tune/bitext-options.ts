import { readFileSync } from "node:fs";
import type { BitextInput, PrepareOptions } from "@bayling/tuning";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { collect, decimal } from "../options/parsers.ts";
import { describeFileError } from "../output/file-error.ts";

const formats = ["tsv", "tatoeba", "lines", "jsonl", "tmx"] as const;

export interface BitextFlags {
  readonly from?: string;
  readonly to?: string;
  readonly format?: (typeof formats)[number];
  readonly links?: string;
  readonly columns?: string;
  readonly fields?: string;
  readonly corpus?: string;
  readonly license?: string;
  readonly chinese?: "as-tagged" | "zh-Hans" | "zh-Hant" | "detect";
  readonly keepOut?: readonly string[];
  readonly profanity?: string;
  readonly without?: readonly string[];
  readonly maxRatio?: number;
}

/** Names of filters on the command line, and in the library. */
const filterNames = {
  length: "length",
  "length-ratio": "lengthRatio",
  script: "script",
  language: "language",
  "copied-source": "copiedSource",
  numbers: "numbers",
  "protected-spans": "protectedSpans",
  punctuation: "punctuation",
  repetition: "repetition",
  "exact-duplicates": "exactDuplicates",
  "near-duplicates": "nearDuplicates",
} as const;

/** Options that say what is read, and what is left out. */
export function addBitextOptions(command: Command): Command {
  const [reading, cleaning] = ["What is read:", "What is kept:"];
  const options: readonly (readonly [string, Option])[] = [
    [reading, new Option("--from <language>", "of the first text of each pair: en, de, zh-Hans …")],
    [reading, new Option("--to <language>", "of the second")],
    [reading, new Option("--format <name>", "how files are written (default: by their endings)").choices([...formats])],
    [reading, new Option("--links <file>", "with --format tatoeba: links.csv; the files are those of sentences")],
    [reading, new Option("--columns <a,b>", "of TSV: numbers from 1, or names in the header (default: 1,2)")],
    [reading, new Option("--fields <a,b>", "of JSONL: such as translation.en,translation.de (default: source,target)")],
    [reading, new Option("--corpus <name>", "what the corpus is called (default: the name of the file)")],
    [reading, new Option("--license <name>", "under which the corpus may be used: CC-BY-2.0-FR")],
    [
      cleaning,
      new Option("--chinese <script>", "the script of Chinese, which is converted").choices([
        ...["as-tagged", "zh-Hans", "zh-Hant", "detect"],
      ]),
    ],
    [
      cleaning,
      new Option("--keep-out <file>", "a test set that must not be taught; may be repeated").argParser(collect),
    ],
    [cleaning, new Option("--profanity <file>", "words that are not wanted, one a line")],
    [
      cleaning,
      new Option("--without <filter>", "leave a filter out; may be repeated").argParser(
        (text: string, before: readonly string[] | undefined) => collect(filterName(text), before),
      ),
    ],
    [
      cleaning,
      new Option("--max-ratio <n>", "how much longer one text may be than the other (default: 2.2)").argParser(ratio),
    ],
  ];
  for (const [heading, option] of options) command.addOption(option.helpGroup(heading));
  return command;
}

function ratio(text: string): number {
  const value = decimal(text);
  if (value >= 1) return value;
  throw new InvalidArgumentError("Expected a number, 1 or more.");
}

function filterName(text: string): string {
  if (text in filterNames) return text;
  throw new UsageError(`there is no filter "${text}"; there are ${Object.keys(filterNames).join(", ")}`);
}

/** What to read and how to clean it, of what was typed. @throws UsageError */
export function toBitextOptions(
  files: readonly string[],
  flags: BitextFlags,
): Pick<PrepareOptions, "inputs" | "filters" | "chinese" | "profanity" | "contamination"> {
  const { chinese, keepOut, profanity, without = [], maxRatio } = flags;
  const left = without.map((name) => [filterNames[name as keyof typeof filterNames], false] as const);
  const ratio = maxRatio === undefined ? {} : { lengthRatio: { maximum: maxRatio } };
  return {
    inputs: toInputs(files, flags),
    filters: { ...ratio, ...Object.fromEntries(left) },
    ...{ chinese, profanity: profanity === undefined ? undefined : wordsOf(profanity) },
    contamination: keepOut === undefined ? undefined : { files: keepOut },
  };
}

function toInputs(files: readonly string[], flags: BitextFlags): BitextInput[] {
  if (files.length === 0) throw new UsageError("name a file of sentence pairs");
  const { format, links, columns, fields, corpus, license } = flags;
  const named = files.map((file) => namedFile(file, flags));
  const common = ({ from, to }: NamedFile) => ({ sourceLanguage: from, targetLanguage: to, corpus, license });
  if (links !== undefined) {
    if (format !== undefined && format !== "tatoeba") throw new UsageError("--links is for --format tatoeba");
    return [{ ...common(named[0]!), format: "tatoeba", sentences: named.map(({ file }) => file), links }];
  }
  if (format === "lines") {
    if (named.length % 2 === 1)
      throw new UsageError("--format lines takes files in pairs: first language, second language");
    return named.flatMap((first, index) =>
      index % 2 === 0 ? [{ ...common(first), format, source: first.file, target: named[index + 1]!.file }] : [],
    );
  }
  return named.map((each): BitextInput => {
    const { file } = each;
    const kind = format ?? formatOf(file);
    if (kind === "tsv" && columns !== undefined) {
      const [source, target] = twoOf(columns, "--columns").map((name) => (/^\d+$/.test(name) ? Number(name) : name));
      return { ...common(each), format: kind, file, columns: { source: source!, target: target! } };
    }
    if (kind === "jsonl" && fields !== undefined) {
      const [source, target] = twoOf(fields, "--fields");
      return { ...common(each), format: kind, file, fields: { source: source!, target: target! } };
    }
    return { ...common(each), format: kind, file } as BitextInput;
  });
}

interface NamedFile {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A file may carry its languages with it, so that several pairs of languages make one set: `en:de:pairs.tsv`. */
function namedFile(text: string, { from, to }: BitextFlags): NamedFile {
  const [, first, second, file] = /^([a-z][\w-]+):([a-z][\w-]+):(.+)$/i.exec(text) ?? [];
  if (first !== undefined && second !== undefined && file !== undefined) return { file, from: first, to: second };
  if (from !== undefined && to !== undefined) return { file: text, from, to };
  throw new UsageError(`say in which languages ${text} is: --from en --to de, or en:de:${text}`);
}

function formatOf(file: string): "tsv" | "jsonl" | "tmx" {
  const name = file.toLowerCase().replace(/\.gz$/, "");
  if (/\.(jsonl|ndjson)$/.test(name)) return "jsonl";
  if (name.endsWith(".tmx")) return "tmx";
  if (/\.(tsv|txt|csv)$/.test(name)) return "tsv";
  throw new UsageError(`say how ${file} is written: --format ${formats.join(", ")}`);
}

function twoOf(text: string, flag: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.length === 2 && names.every((name) => name !== "")) return names;
  throw new UsageError(`${flag} takes two names with a comma between them`);
}

function wordsOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  } catch (error) {
    throw new UsageError(`${file}: ${describeFileError(error)}`, { cause: error });
  }
}
