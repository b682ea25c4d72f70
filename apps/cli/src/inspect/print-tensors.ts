import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { visible } from "../output/text-width.ts";

export interface ListedTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Where it begins in its file; of GGUF only. */
  readonly offset?: number;
  readonly part?: number;
}

/** One line a tensor: name, type, shape, bytes, and where it begins (in which file, when there are several). */
export function printTensors(tensors: readonly ListedTensor[], { paint }: Terminal): string[] {
  const placed = tensors.some(({ offset }) => offset !== undefined);
  const split = tensors.some(({ part = 0 }) => part > 0);
  const titles = ["name", "type", "shape", "bytes", ...(placed ? ["offset"] : []), ...(split ? ["file"] : [])];
  const rows = tensors.map(({ name, type, shape, byteLength, offset, part = 0 }) => [
    visible(name),
    paint("cyan", type),
    shape.join(" × "),
    String(byteLength),
    ...(placed ? [paint("dim", String(offset))] : []),
    ...(split ? [String(part + 1)] : []),
  ]);
  return alignColumns(
    [titles.map((title) => paint("dim", title)), ...rows],
    [{}, {}, { align: "right" }, { align: "right" }, { align: "right" }, { align: "right" }],
  );
}
