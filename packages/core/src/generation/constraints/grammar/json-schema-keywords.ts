import { type JsonSchema, pathTo, schemaError } from "./json-schema-error.ts";

export type JsonType = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
export const jsonTypes: readonly JsonType[] = ["object", "array", "string", "number", "integer", "boolean", "null"];

/** Say something about a schema, and nothing about what follows it. */
const annotations = [
  ...["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"],
  ...["$schema", "$id", "$comment", "$defs", "definitions"],
];

/** What each type has keywords for. */
const keywordsOf: Partial<Record<JsonType, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["pattern", "minLength", "maxLength"],
};
const typed = Object.values(keywordsOf).flat();

/** Keywords of which one makes the schema; beside it no other may stand, but for the type of values in a list. */
const leading = ["$ref", "const", "enum", "anyOf", "oneOf"] as const;

/** A schema whose keywords are known to go together. */
export interface SchemaShape {
  readonly leading: (typeof leading)[number] | undefined;
  /** The types that are allowed; undefined for all of them. */
  readonly types: readonly JsonType[] | undefined;
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws BayLingError `grammar-invalid` with the path of a keyword that is not supported, or says nothing here */
export function shapeOf(schema: Exclude<JsonSchema, boolean>, path: string): SchemaShape {
  const keys = Object.keys(schema).filter((key) => schema[key] !== undefined && !annotations.includes(key));
  for (const key of keys) {
    if (key === "type" || typed.includes(key) || leading.some((one) => one === key)) continue;
    throw schemaError(pathTo(path, key), "the keyword is not supported");
  }
  const lead = leading.find((key) => keys.includes(key));
  const types = typesOf(schema.type, pathTo(path, "type"));
  if (lead !== undefined) {
    const allowed = lead === "const" || lead === "enum" ? [lead, "type"] : [lead];
    const beside = keys.find((key) => !allowed.includes(key));
    if (beside !== undefined) throw schemaError(pathTo(path, beside), `the keyword is not supported beside ${lead}`);
    return { leading: lead, types };
  }
  const about = jsonTypes.filter((type) => keywordsOf[type]?.some((key) => keys.includes(key)));
  if (types === undefined) return { leading: undefined, types: about.length === 0 ? undefined : about };
  for (const type of about) {
    if (types.includes(type)) continue;
    const key = keywordsOf[type]!.find((one) => keys.includes(one))!;
    throw schemaError(pathTo(path, key), `the keyword says nothing about the type ${types.join(", ")}`);
  }
  return { leading: undefined, types };
}

function typesOf(given: unknown, path: string): readonly JsonType[] | undefined {
  if (given === undefined) return undefined;
  // A copy, in which holes are undefined.
  const list: readonly unknown[] = Array.isArray(given) ? Array.from(given) : [given];
  const isType = (value: unknown): value is JsonType => jsonTypes.some((type) => type === value);
  if (list.length > 0 && list.every(isType)) return list;
  throw schemaError(path, "this is no type", `${jsonTypes.join(", ")}, or several of them`, given);
}

/** The type of a value of JSON; `integer` for whole numbers, which are of the type `number`, too. */
export function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "object" ? "object" : (typeof value as JsonType);
}

/** Whether a value of one type may be of another. */
export function isOfType(type: JsonType, wanted: JsonType): boolean {
  return type === wanted || (type === "integer" && wanted === "number");
}

/**
 * The values that `const` and `enum` allow, as JSON; undefined where neither is there.
 * @throws BayLingError `grammar-invalid` for what is no JSON
 */
export function listedValues(schema: Exclude<JsonSchema, boolean>, path: string): readonly string[] | undefined {
  const types = typesOf(schema.type, pathTo(path, "type"));
  const fits = (value: unknown) => types === undefined || types.some((type) => isOfType(typeOf(value), type));
  const write = (value: unknown, at: string) => {
    const text = jsonOf(value);
    if (text === undefined) throw schemaError(at, "this is no value of JSON", undefined, value);
    return text;
  };
  if (schema.const !== undefined) {
    return fits(schema.const) ? [write(schema.const, pathTo(path, "const"))] : [];
  }
  if (schema.enum === undefined) return undefined;
  const at = pathTo(path, "enum");
  if (!Array.isArray(schema.enum)) throw schemaError(at, "this is no list", "an array of values", schema.enum);
  return schema.enum.filter(fits).map((value, index) => write(value, pathTo(at, index)));
}

/** A value as JSON; undefined for one that JSON would change or leave out. */
function jsonOf(value: unknown): string | undefined {
  let isWhole = true;
  try {
    const text = JSON.stringify(value, (_, part: unknown) => {
      if (part === undefined || ["function", "symbol", "bigint"].includes(typeof part)) isWhole = false;
      if (typeof part === "number" && !Number.isFinite(part)) isWhole = false;
      if (typeof part === "string" && !part.isWellFormed()) isWhole = false;
      return typeof part === "bigint" ? 0 : part;
    });
    return isWhole ? text : undefined;
  } catch {
    return undefined; // it holds itself
  }
}

/** @throws BayLingError `grammar-invalid` */
export function countOf(schema: Exclude<JsonSchema, boolean>, key: string, path: string): number | undefined {
  const value = schema[key];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw schemaError(pathTo(path, key), "this is no count", "a whole number from 0", value);
}
