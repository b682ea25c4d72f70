import { BayLingError } from "@bayling/core";
import { loadConverter } from "../chinese-script.ts";
import { hash32, mix, TextHashSet } from "../hashes.ts";
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
  const runLength = (units: readonly string[]) =>
    2 * units.filter(isIdeograph).length > units.length ? characters : words;
  const add = (text: string) => {
    const units = unitsOf(fold(foldText(text)));
    if (units.length === 0) return;
    const hashes = hashUnits(units);
    addRun(texts, hashes, 0, units.length);
    const length = runLength(units);
    for (let start = 0; start + length <= units.length; start++) addRun(runs, hashes, start, length);
  };
  for (const file of files) for await (const text of textsOf(file, signal)) add(text);
  const check = (side: string, text: string, unitsOfText: readonly string[]): string | undefined => {
    const folded = fold(text);
    const units = folded === text ? unitsOfText : unitsOf(folded);
    if (units.length === 0) return undefined;
    const hashes = hashUnits(units);
    if (hasRun(texts, hashes, 0, units.length)) return `the ${side} is a text of a test file`;
    const length = runLength(units);
    for (let start = 0; start + length <= units.length; start++) {
      if (!hasRun(runs, hashes, start, length)) continue;
      return `the ${side} shares "${units.slice(start, start + length).join(" ")}" with a test file`;
    }
    return undefined;
  };
  return {
    reason: "contamination",
    reject: (_, { source, target, units }) => check("source", source, units[0]) ?? check("target", target, units[1]),
  };
}

/** Two hashes of each unit, one after the other: runs are known by those of their units, and need not be written out. */
function hashUnits(units: readonly string[]): Int32Array {
  const hashes = new Int32Array(2 * units.length);
  for (const [index, unit] of units.entries()) {
    hashes[2 * index] = hash32(unit, 1);
    hashes[2 * index + 1] = hash32(unit, 2);
  }
  return hashes;
}

function addRun(runs: TextHashSet, hashes: Int32Array, start: number, length: number): void {
  runs.addHash(hashRun(hashes, start, length, 0), hashRun(hashes, start, length, 1));
}

function hasRun(runs: TextHashSet, hashes: Int32Array, start: number, length: number): boolean {
  return runs.hasHash(hashRun(hashes, start, length, 0), hashRun(hashes, start, length, 1));
}

function hashRun(hashes: Int32Array, start: number, length: number, half: number): number {
  let hash = length;
  for (let index = start; index < start + length; index++)
    hash = Math.imul(hash, 0x01000193) ^ hashes[2 * index + half]!;
  return mix(hash);
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
