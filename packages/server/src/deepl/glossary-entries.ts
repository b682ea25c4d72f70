import type { GlossaryEntry } from "@bayling/core/interaction";
import { Problem } from "../problem.ts";

export type EntriesFormat = "tsv" | "csv";

/** Entries of one dictionary. */
const most = 10_000;

/**
 * Reads the entries of a glossary: a line each, the term and its translation apart by a tab, or by a comma as in RFC 4180.
 * Further columns of CSV, languages as a rule, are not read.
 * @throws Problem 400 that names the line
 */
export function parseEntries(text: string, format: EntriesFormat, field: string): readonly GlossaryEntry[] {
  const rows = format === "tsv" ? text.split(/\r\n?|\n/).map((line) => line.split("\t")) : readCsv(text, field);
  const entries = new Map<string, GlossaryEntry>();
  for (const [index, cells] of rows.entries()) {
    if (cells.every((cell) => cell.trim() === "")) continue;
    const [source, target] = cells.map((cell) => cell.trim());
    const wrong = (what: string) => invalid(field, `line ${index + 1} ${what}`);
    if (source === undefined || target === undefined || (format === "tsv" && cells.length > 2)) {
      throw wrong("is not a term and its translation");
    }
    if (!isTerm(source) || !isTerm(target)) throw wrong("has a term that is empty or holds control characters");
    if (entries.has(source)) throw wrong(`has a term that came before`);
    if (entries.size === most) throw invalid(field, `there are more than ${most} entries`);
    entries.set(source, { source, targets: [target] });
  }
  if (entries.size === 0) throw invalid(field, "there are no entries");
  return [...entries.values()];
}

export function formatEntries(entries: readonly GlossaryEntry[]): string {
  return entries.map(({ source, targets }) => `${source}\t${targets[0]}`).join("\n");
}

function isTerm(text: string): boolean {
  return /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u.test(text) && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text);
}

function invalid(field: string, what: string): Problem {
  const message = `Invalid glossary entries provided: ${what}.`;
  return new Problem({ status: 400, code: "glossary-invalid", message, param: field });
}

/** Rows of cells; a cell in quotes may hold anything, and a quote twice. */
function readCsv(text: string, field: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /("[^"]*(?:""[^"]*)*"|[^",\r\n]*)(,|\r\n?|\n|$)/y;
  while (cell.lastIndex < text.length || row.length > 0) {
    const [, written, end] = cell.exec(text) ?? [];
    if (written === undefined) throw invalid(field, `line ${rows.length + 1} has a quotation mark that is not closed`);
    row.push(written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
