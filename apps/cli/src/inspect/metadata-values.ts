import type { GgufArray, GgufEntry, GgufMetadata } from "@bayling/core";
import { alignColumns } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { shorten, visible } from "../output/text-width.ts";

const textItems = 8;
const jsonItems = 32;

/** One line a key: its type, and its value cut to the line. */
export function printMetadata(metadata: GgufMetadata, { paint, width }: Terminal): string[] {
  const rows = [...metadata].map(([key, entry]) => ({ key: shorten(visible(key), 48), type: typeOf(entry), entry }));
  const keyWidth = Math.max(0, ...rows.map(({ key }) => key.length));
  const typeWidth = Math.max(0, ...rows.map(({ type }) => type.length));
  const room = Math.max(20, width - keyWidth - typeWidth - 4);
  return alignColumns(rows.map(({ key, type, entry }) => [key, paint("dim", type), shorten(spell(entry), room)]));
}

/** A metadata entry as JSON: long arrays by their length and first elements. */
export interface JsonMetadataEntry {
  readonly key: string;
  readonly type: string;
  readonly length?: number;
  readonly value: unknown;
}

export function metadataToJson(metadata: GgufMetadata): JsonMetadataEntry[] {
  return [...metadata].map(([key, entry]) => {
    if (entry.type !== "array") return { key, type: entry.type, value: plain(entry.value) };
    return { key, type: typeOf(entry), length: entry.value.values.length, value: firstItems(entry.value, jsonItems) };
  });
}

function typeOf(entry: GgufEntry): string {
  return entry.type === "array" ? `${entry.value.elementType}[${entry.value.values.length}]` : entry.type;
}

function spell(entry: GgufEntry): string {
  if (entry.type === "string") return visible(entry.value);
  if (entry.type !== "array") return String(plain(entry.value));
  const { length } = entry.value.values;
  const items = firstItems(entry.value, textItems).map((item) =>
    typeof item === "string" ? visible(JSON.stringify(item)) : Array.isArray(item) ? "[…]" : String(item),
  );
  return items.join(", ") + (length > textItems ? ", …" : "");
}

function firstItems(array: GgufArray, count: number): unknown[] {
  const { elementType, values } = array;
  const length = Math.min(count, values.length);
  switch (elementType) {
    case "string":
      return Array.from({ length }, (_, index) => values.at(index));
    case "array":
      return values.slice(0, count).map((inner) => firstItems(inner, count));
    case "bool":
      return Array.from({ length }, (_, index) => values[index] !== 0);
    default:
      return Array.from({ length }, (_, index) => plain(values[index]!));
  }
}

/** JSON knows no 64-bit integers; those that a number cannot hold stay digits. And it knows no NaN. */
function plain(value: string | number | bigint | boolean): string | number | boolean {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  // A float32 read as a float64 shows digits that the file does not have.
  if (typeof value === "number" && !Number.isInteger(value) && Math.fround(value) === value) {
    return Number(value.toPrecision(7));
  }
  return value;
}
