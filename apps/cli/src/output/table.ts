import { textWidth } from "./text-width.ts";

export interface Column {
  readonly align?: "left" | "right";
}

/** Lines with the cells of every column below each other, two spaces apart, without spaces at the end. */
export function alignColumns(rows: readonly (readonly string[])[], columns: readonly Column[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, textWidth(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const padding = " ".repeat(widths[index]! - textWidth(cell));
        return columns[index]?.align === "right" ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}
