import { BayLingError } from "@bayling/core";
import { loadConverter } from "../chinese-script.ts";
import { TextHashSet } from "../hashes.ts";
import { readLines } from "../text-lines.ts";
import type { BitextFilter } from "./filter.ts";
import { foldText, isIdeograph, unitsOf } from "./folded-text.ts";

export interface ContaminationOptions {
  /** Test sets: of `.jsonl` every text within a row, of `.tsv` every column, of others every line; also gzip's. */
  readonly files: readonly string[];
  /** A run of so many words that a test file has, too, is contamination. Default 8; 8 to 13 are usual. */
  readonly words?: number | undefined;
  /** The same in characters, for texts that are mostly Han and Kana. Default 13. */
  readonly characters?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pairs of which a side is a text of the test files, or has a run of words or characters in common with one; of letter
 * case, marks, width and Chinese script regardless.
 * @throws BayLingError `source-not-found`, `source-unreadable`, `bitext-invalid` for test files that cannot be read whole
 */
export async function contaminationFilter(options: ContaminationOptions): Promise<BitextFilter> {
  const { files, words = 8, characters = 13, signal } = options;
  const toSimplified = await loadConverter("zh-Hans");
  const texts = new TextHashSet();
  const runs = new TextHashSet();
  const fold = (text: string) => (/\p{Script=Han}/u.test(text) ? toSimplified(text) : text);
  const add = (text: string) => {
    const folded = fold(foldText(text));
    if (folded === "") return;
    const units = unitsOf(folded);
    texts.add(units.join(" "));
    for (const run of runsOf(units, words, characters)) runs.add(run);
  };
  for (const file of files) for await (const text of textsOf(file, signal)) add(text);
  const check = (side: string, folded: string): string | undefined => {
    const units = unitsOf(fold(folded));
    if (units.length === 0) return undefined;
    if (texts.has(units.join(" "))) return `the ${side} is a text of a test file`;
    for (const run of runsOf(units, words, characters)) {
      if (runs.has(run)) return `the ${side} shares "${run}" with a test file`;
    }
    return undefined;
  };
  return {
    reason: "contamination",
    reject: (_, { source, target }) => check("source", source) ?? check("target", target),
  };
}

/** Every run of the length that the script of the text asks for. */
function* runsOf(units: readonly string[], words: number, characters: number): Generator<string> {
  if (units.length < Math.min(words, characters)) return;
  const dense = units.filter(isIdeograph).length;
  const length = 2 * dense > units.length ? characters : words;
  for (let start = 0; start + length <= units.length; start++) yield units.slice(start, start + length).join(" ");
}

async function* textsOf(file: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const format = /\.(jsonl|tsv)(?:\.gz)?$/i.exec(file)?.[1]?.toLowerCase();
  for await (const lines of readLines(file, { signal })) {
    for (const { number, text, problem } of lines) {
      if (problem !== undefined)
        throw unreadable(file, number, problem === "encoding" ? "it is no UTF-8" : "it is too long");
      if (format === "tsv") yield* text.split("\t");
      else if (format !== "jsonl") yield text;
      else if (text.trim() !== "") {
        let row: unknown;
        try {
          row = JSON.parse(text);
        } catch (cause) {
          throw unreadable(file, number, "it is no JSON", cause);
        }
        yield* textsWithin(row);
      }
    }
  }
}

function* textsWithin(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* textsWithin(part);
}

function unreadable(file: string, line: number, problem: string, cause?: unknown): BayLingError {
  return new BayLingError("bitext-invalid", {
    source: `${file}:${line}`,
    problem: `the line cannot be read: ${problem}`,
    remedy: "Repair the test file: what is not read cannot be kept out",
    cause,
  });
}
