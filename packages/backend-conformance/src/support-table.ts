import type { CaseOutcome } from "./conformance-case.ts";
import { groupOf } from "./conformance-case.ts";
import { groupBy } from "./group-by.ts";

/** The outcomes of one backend, one column of the table; a device and the backend made of it may share one. */
export interface SupportResult {
  readonly name: string;
  readonly outcomes: readonly CaseOutcome[];
}

/** Cells by row (`linear · Q4_K`) and column (the backend's name). */
type Cells = Map<string, Map<string, string>>;

const firstColumn = "what";

/**
 * A Markdown table of operations, behaviours and weight types by backend. ✅ with the largest NMSE that was measured,
 * ❌ when any case of the row failed, – when all were skipped.
 * @param previous Markdown with a table that this function made before: the results are merged into the table, and the
 * text around it stays
 */
export function renderSupportTable(results: readonly SupportResult[], previous = ""): string {
  const { cells, columns } = parse(previous);
  for (const { name, outcomes } of results) {
    if (!columns.includes(name)) columns.push(name);
    for (const [row, cell] of columnOf(outcomes)) cells.set(row, (cells.get(row) ?? new Map()).set(name, cell));
  }
  const line = (parts: readonly string[]) => `| ${parts.join(" | ")} |`;
  const table = [
    line([firstColumn, ...columns]),
    line(["---", ...columns.map(() => "---")]),
    ...[...cells].map(([name, row]) => line([name, ...columns.map((column) => row.get(column) ?? "")])),
  ];
  const [before, after] = around(previous);
  return [...before, ...table, ...after].join("\n");
}

function columnOf(outcomes: readonly CaseOutcome[]): Map<string, string> {
  const byRow = groupBy(outcomes, ({ name, weightType }) =>
    weightType === undefined ? groupOf(name) : `${groupOf(name)} · ${weightType}`,
  );
  return new Map([...byRow].map(([row, members]) => [row, cellOf(members)]));
}

function cellOf(outcomes: readonly CaseOutcome[]): string {
  const ran = outcomes.filter(({ status }) => status !== "skipped");
  if (ran.length === 0) return "–";
  const measured = ran.flatMap(({ nmse }) => nmse ?? []);
  const mark = ran.some(({ status }) => status === "failed") ? "❌" : "✅";
  const worst = Math.max(0, ...measured);
  return worst === 0 ? mark : `${mark} ${worst.toExponential(0)}`;
}

/** The lines before and behind the table. */
function around(markdown: string): [string[], string[]] {
  const lines = markdown.split("\n");
  const first = lines.findIndex(isTableLine);
  if (first < 0) return [markdown === "" ? [] : lines, [""]];
  return [lines.slice(0, first), lines.slice(lines.findLastIndex(isTableLine) + 1)];
}

function isTableLine(line: string): boolean {
  return line.startsWith("|");
}

function parse(markdown: string): { cells: Cells; columns: string[] } {
  const lines = markdown.split("\n").filter(isTableLine);
  const [header, , ...rows] = lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const columns = header?.slice(1) ?? [];
  const cells: Cells = new Map();
  for (const [name, ...row] of rows) {
    const filled = row.map((cell, index) => [columns[index]!, cell] as const).filter(([, cell]) => cell !== "");
    cells.set(name!, new Map(filled));
  }
  return { cells, columns };
}

/** Merges results into the table in a file. Node only; elsewhere nothing happens. */
export function writeSupportTable(path: string, results: readonly SupportResult[]): void {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) return;
  // Reading and writing are synchronous, but test files run in several processes: a folder is the lock between them.
  const lock = `${path}.lock`;
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      fs.mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
  try {
    const previous = fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
    fs.writeFileSync(path, renderSupportTable(results, previous));
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
}
