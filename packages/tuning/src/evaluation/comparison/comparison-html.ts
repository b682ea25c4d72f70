import { type Comparison, type ComparisonRow, cellText, isBest } from "./comparison.ts";

const style = `
:root { color-scheme: light dark; --line: #8884; --best: #2a7d4f; }
@media (prefers-color-scheme: dark) { :root { --best: #6fcf97; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.best { color: var(--best); font-weight: 600; }
.bar { display: block; height: 3px; background: currentColor; opacity: .45; margin-top: 2px; }
ul { font-size: .85rem; opacity: .8; padding-left: 1.2rem; overflow-wrap: anywhere; }`;

/** One HTML file with tables of systems; it needs nothing else, and runs nothing. */
export function comparisonHtml(title: string, comparisons: readonly Comparison[]): string {
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...comparisons.map(section),
    "</body></html>\n",
  ].join("\n");
}

function section(comparison: Comparison): string {
  const head = [comparison.rowName ?? "system", ...comparison.columns.map(({ name }) => name)];
  const notes = comparison.notes.map((note) => `<li>${escapeHtml(note)}</li>`);
  return [
    `<section><h2>${escapeHtml(comparison.title)}</h2><div class="scroll"><table>`,
    `<thead><tr>${head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("")}</tr></thead>`,
    `<tbody>${comparison.rows.map((row) => tableRow(comparison, row)).join("\n")}</tbody></table></div>`,
    notes.length === 0 ? "" : `<ul>${notes.join("")}</ul>`,
    "</section>",
  ].join("\n");
}

function tableRow(comparison: Comparison, row: ComparisonRow): string {
  const cells = row.cells.map((cell, index) => {
    const column = comparison.columns[index]!;
    const text = escapeHtml(cellText(cell, column));
    const largest = Math.max(...comparison.rows.map(({ cells: others }) => others[index]!.value || 0));
    const share = column.higherIsBetter === true && largest > 0 && cell.value > 0 ? (100 * cell.value) / largest : 0;
    const bar = share > 0 ? `<span class="bar" style="width:${share.toFixed(1)}%"></span>` : "";
    return `<td${isBest(comparison, row, index) ? ' class="best"' : ""}>${text}${bar}</td>`;
  });
  return `<tr><td>${escapeHtml(row.system)}</td>${cells.join("")}</tr>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
