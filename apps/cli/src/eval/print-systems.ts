import { type Comparison, cellText, comparisonHtml, isBest } from "@bayling/tuning/evaluation";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";
import { writeText } from "./text-file.ts";

export interface ReportFlags {
  readonly json?: true;
  readonly html?: string;
}

/** Prints tables of systems; with `--html`, writes them to a page too. */
export async function printComparisons(
  title: string,
  comparisons: readonly Comparison[],
  { json, html }: ReportFlags,
  terminal: Terminal,
  details: object = {},
): Promise<void> {
  if (html !== undefined) await writeText(html, comparisonHtml(title, comparisons));
  if (json === true) await terminal.printJson({ title, comparisons, ...details });
  else await terminal.print(...comparisons.flatMap((comparison, index) => lines(comparison, index, terminal)));
  if (html !== undefined) terminal.note(terminal.paintNote("dim", `the page is in ${visible(html)}`));
}

function lines(comparison: Comparison, index: number, { paint }: Terminal): string[] {
  const { title, columns, rows, notes } = comparison;
  const head = ["", ...columns.map(({ name }) => paint("dim", name))];
  const body = rows.map((row) => [
    visible(row.system),
    ...row.cells.map((cell, column) => {
      const text = cellText(cell, columns[column]!);
      return isBest(comparison, row, column) ? paint("green", text) : text;
    }),
  ]);
  const table = alignColumns([head, ...body], [{}, ...columns.map(() => ({ align: "right" as const }))]);
  return [
    ...(index === 0 ? [] : [""]),
    paint("bold", visible(title)),
    ...table,
    ...notes.map((note) => paint("dim", visible(note))),
  ];
}
