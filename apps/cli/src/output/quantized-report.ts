import type { QuantizedGguf } from "@bayling/core/convert";
import { fileName } from "./file-name.ts";
import { formatBytes, formatSeconds, plural } from "./numbers.ts";
import { alignColumns } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { visible } from "./text-width.ts";

/** A model that was written in other types. */
export interface QuantizedModel {
  readonly source: string;
  readonly output: string;
  readonly result: QuantizedGguf;
  readonly seconds: number;
}

/** Lines for a person: how large it was and is, and what is in it. */
export function quantizedReport({ source, output, result, seconds }: QuantizedModel, { paint }: Terminal): string[] {
  const { sourceSize, size, tensors } = result;
  const share = sourceSize > 0 ? `${((100 * size) / sourceSize).toFixed(1)} % of the source` : "";
  const files = alignColumns(
    [
      [paint("dim", visible(fileName(source))), formatBytes(sourceSize), ""],
      [visible(fileName(output)), formatBytes(size), paint("dim", `${share}, in ${formatSeconds(seconds)}`)],
    ],
    [{}, { align: "right" }],
  );
  const counts = new Map<string, number>();
  for (const { to } of tensors) counts.set(to, (counts.get(to) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => `${plural(count, "tensor")} ${type}`);
  return [...files, paint("dim", types.join(" · ")), ...fallbacks(tensors, paint)];
}

/** Rows that do not divide into the blocks of the type that was asked for. */
function fallbacks(tensors: QuantizedGguf["tensors"], paint: Terminal["paint"]): string[] {
  const counts = new Map<string, number>();
  for (const { to, wanted } of tensors) {
    if (wanted === undefined) continue;
    const change = `${to} in place of ${wanted}`;
    counts.set(change, (counts.get(change) ?? 0) + 1);
  }
  return [...counts].map(([change, count]) =>
    paint("yellow", `${plural(count, "tensor")} ${change}, whose blocks their rows do not divide into`),
  );
}
