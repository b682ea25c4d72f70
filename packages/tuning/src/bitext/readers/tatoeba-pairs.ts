import { BayLingError } from "@bayling/core";
import type { TatoebaPairsInput, TsvColumns } from "../bitext-input.ts";
import type { SentencePair } from "../sentence-pair.ts";
import type { OpenSourceFile, PairDefaults } from "../source-file.ts";
import { readLines } from "../text-lines.ts";
import { readTsv } from "./tsv.ts";

/** Reads pairs that Tatoeba or its collectors export, whichever of three layouts the first line has. */
export async function* readTatoebaPairs(
  input: TatoebaPairsInput,
  defaults: PairDefaults,
  open: OpenSourceFile,
): AsyncGenerator<SentencePair> {
  const columns = await layoutOf(input.file);
  if (columns !== undefined) yield* readTsv({ ...input, format: "tsv", columns }, defaults, open);
}

async function layoutOf(file: string): Promise<TsvColumns | undefined> {
  for await (const lines of readLines(file)) {
    const line = lines.find(({ text, problem }) => problem === undefined && text.trim() !== "");
    if (line === undefined) continue;
    const cells = line.text.split("\t");
    const isId = (cell: string | undefined) => cell !== undefined && /^\d+$/.test(cell);
    if (cells.length === 2) return { source: 1, target: 2 };
    if (cells.length === 3) return { source: 1, target: 2, attribution: 3 };
    if (cells.length === 4 && isId(cells[0]) && isId(cells[2])) return { source: 2, target: 4, id: [1, 3] };
    throw new BayLingError("bitext-invalid", {
      source: `${file}:${line.number}`,
      problem: "this is no layout of Tatoeba's pairs",
      expected: "two columns, three with an attribution, or four with an id before each text",
      received: `${cells.length} columns`,
      remedy: 'Read it as format "tsv" and name the columns',
    });
  }
  return undefined;
}
