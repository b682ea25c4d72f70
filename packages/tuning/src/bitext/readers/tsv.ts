import { BayLingError } from "@bayling/core";
import type { Column, TsvInput } from "../bitext-input.ts";
import type { PairOrigin, SentencePair } from "../sentence-pair.ts";
import type { OpenSourceFile, PairDefaults, SourceFile } from "../source-file.ts";
import type { TextLine } from "../text-lines.ts";

/**
 * Reads pairs from columns. A line with more or fewer columns than the first one is ragged: a tab too many or too few
 * has cut a text.
 */
export async function* readTsv(
  input: TsvInput,
  defaults: PairDefaults,
  open: OpenSourceFile,
): AsyncGenerator<SentencePair> {
  const { columns = { source: 1, target: 2 }, quoted = false, delimiter = "\t" } = input;
  if (delimiter.length !== 1) throw invalid("delimiter", "one character", JSON.stringify(delimiter));
  const { source, target, id, license, attribution } = columns;
  const all = [source, target, id ?? [], license ?? [], attribution ?? []].flat();
  const { header = all.some((column) => typeof column === "string") } = input;
  const file = open(input.file);
  const rows = quoted ? quotedRows(file, delimiter) : plainRows(file, delimiter);
  let width: number | undefined;
  let read: ((cells: readonly string[], line: number) => SentencePair) | undefined;
  for await (const { cells, line } of rows) {
    if (read === undefined) {
      width = cells.length;
      const place = (column: Column) => findColumn(input.file, column, cells, header);
      const [from, to] = [place(source), place(target)];
      const ids = id === undefined ? undefined : [id].flat().map(place);
      const [licenses, names] = [license, attribution].map((column) => (column === undefined ? -1 : place(column)));
      const { sourceLanguage, targetLanguage, corpus } = defaults;
      read = (values, number) => {
        const origin: PairOrigin = {
          corpus,
          license: licenses === -1 ? defaults.license : values[licenses!],
          ...{ file: input.file, line: number },
          ...(ids === undefined ? {} : { id: ids.map((at) => values[at]).join("-") }),
          ...(names === -1 ? {} : { attribution: values[names!] }),
        };
        return { source: values[from]!, target: values[to]!, sourceLanguage, targetLanguage, origin };
      };
      if (header) continue;
    }
    if (cells.length === width) yield read(cells, line);
    else file.problem("ragged", line, `${cells.length} columns, the first line has ${width}`);
  }
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

async function* plainRows(file: SourceFile, delimiter: string): AsyncGenerator<Row> {
  for await (const { text, number } of file.textLines()) yield { cells: text.split(delimiter), line: number };
}

/** So many lines may one quoted column have; a quote without an end would take the rest of the file. */
const mostLines = 20;

/** RFC 4180, with any delimiter. After a quote without an end reading goes on in the next line. */
async function* quotedRows(file: SourceFile, delimiter: string): AsyncGenerator<Row> {
  let open: TextLine[] = [];
  const finish = function* (line: TextLine): Generator<Row> {
    const begun = [...open, line];
    const cells = splitQuoted(begun.map(({ text }) => text).join("\n"), delimiter);
    if (cells !== undefined) {
      open = [];
      yield { cells, line: begun[0]!.number };
    } else if (begun.length < mostLines) open = begun;
    else yield* giveUp(begun);
  };
  const giveUp = function* ([first, ...others]: readonly TextLine[]): Generator<Row> {
    file.problem("quotes", first!.number, first!.text);
    open = [];
    for (const line of others) {
      if (line.text.trim() !== "" || open.length > 0) yield* finish(line);
      else file.problem("blank", line.number, "");
    }
  };
  for await (const line of file.textLines(() => open.length > 0)) yield* finish(line);
  while (open.length > 0) yield* giveUp(open);
}

/** Undefined where a quoted column does not end, or goes on behind its end. */
function splitQuoted(text: string, delimiter: string): string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; ; ) {
    if (text[at] !== '"') {
      const next = text.indexOf(delimiter, at);
      cells.push(text.slice(at, next === -1 ? undefined : next));
      if (next === -1) return cells;
      at = next + 1;
      continue;
    }
    let end = text.indexOf('"', at + 1);
    while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
    if (end === -1) return undefined;
    cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
    if (end + 1 === text.length) return cells;
    if (text[end + 1] !== delimiter) return undefined;
    at = end + 2;
  }
}

function findColumn(file: string, column: Column, first: readonly string[], header: boolean): number {
  const place = typeof column === "number" ? column - 1 : first.indexOf(column);
  if (Number.isSafeInteger(place) && place >= 0 && place < first.length) return place;
  const names = header ? `: ${first.join(", ")}` : "";
  throw new BayLingError("bitext-invalid", {
    source: `${file}:1`,
    problem: `there is no column ${JSON.stringify(column)}`,
    expected: `one of ${first.length}${names}`,
    remedy: "Name other columns, or another delimiter",
  });
}

function invalid(field: string, expected: string, received: string): BayLingError {
  const problem = "the argument has a value that it cannot have";
  return new BayLingError("argument-invalid", { field, problem, expected, received });
}
