import type { SchemaElement } from "hyparquet-writer";
import type { z } from "zod";
import type { Dialogue } from "../../dialogues/dialogue.ts";

/** A way to write dialogues down that some trainer reads. */
export interface ExportFormat<Row extends object = object> {
  readonly name: string;
  /** Every row is checked against it before it is written. */
  readonly schema: z.ZodType<Row>;
  /** None, one or several for a dialogue. */
  rows(dialogue: Dialogue): Row[];
  /** Columns of Parquet, in the order of the fields. */
  readonly columns: readonly ParquetColumn[];
  /** How LLaMA-Factory reads a file of these rows, as an entry of `dataset_info.json` without its file name. */
  readonly llamaFactory?: Readonly<Record<string, unknown>> | undefined;
}

/** A column: the elements of its tree in depth-first order, its root first. */
export interface ParquetColumn {
  readonly name: string;
  readonly elements: readonly SchemaElement[];
}

const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;

export function textColumn(name: string): ParquetColumn {
  return { name, elements: [{ name, ...text, repetition_type: "OPTIONAL" }] };
}

/** Values of any shape, as JSON. */
export function jsonColumn(name: string): ParquetColumn {
  return {
    name,
    elements: [{ name, type: "BYTE_ARRAY", converted_type: "JSON", repetition_type: "OPTIONAL" }],
  };
}

/** A record of texts. */
export function recordColumn(name: string, fields: readonly string[]): ParquetColumn {
  return { name, elements: recordElements(name, fields) };
}

export function textListColumn(name: string): ParquetColumn {
  return listColumn(name, [{ name: "element", ...text, repetition_type: "REQUIRED" }]);
}

/** A list of records of texts. */
export function recordListColumn(name: string, fields: readonly string[]): ParquetColumn {
  return listColumn(name, recordElements("element", fields));
}

/** A list of lists, of texts or of whole numbers. */
export function nestedListColumn(name: string, of: "text" | "integer"): ParquetColumn {
  const leaf = of === "text" ? text : ({ type: "INT32" } as const);
  return listColumn(name, [
    { name: "element", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...leaf, repetition_type: "REQUIRED" },
  ]);
}

function recordElements(name: string, fields: readonly string[]): SchemaElement[] {
  return [
    { name, repetition_type: "REQUIRED", num_children: fields.length },
    ...fields.map((field): SchemaElement => ({ name: field, ...text, repetition_type: "REQUIRED" })),
  ];
}

/** Lists have three levels in Parquet's specification of logical types. */
function listColumn(name: string, element: readonly SchemaElement[]): ParquetColumn {
  return {
    name,
    elements: [
      { name, repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...element,
    ],
  };
}
