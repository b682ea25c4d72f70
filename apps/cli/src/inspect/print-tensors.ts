import type { GgufTensor } from "@bayling/core";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";

/** One line a tensor: name, type, shape, bytes, and where it begins (in which file, when there are several). */
export function printTensors(tensors: Iterable<GgufTensor>, { paint }: Terminal): string[] {
  const list = [...tensors];
  const split = list.some(({ part }) => part > 0);
  const titles = ["name", "type", "shape", "bytes", "offset", ...(split ? ["file"] : [])];
  const rows = list.map(({ name, type, shape, byteLength, offset, part }) => [
    visible(name),
    paint("cyan", type),
    shape.join(" × "),
    String(byteLength),
    paint("dim", String(offset)),
    ...(split ? [String(part + 1)] : []),
  ]);
  return alignColumns(
    [titles.map((title) => paint("dim", title)), ...rows],
    [{}, {}, { align: "right" }, { align: "right" }, { align: "right" }, { align: "right" }],
  );
}
