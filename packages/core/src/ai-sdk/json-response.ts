import { BayLingError } from "../errors.ts";
import type { Constraint } from "../generation/constraints/constraint.ts";
import type { JsonSchema } from "../generation/constraints/grammar/json-schema-error.ts";

export interface JsonResponse {
  readonly constraint: Constraint;
  /** JSON pointers of what the schema asks for and decoding does not enforce. */
  readonly notEnforced: readonly string[];
}

/** Keywords that only narrow what their schema allows: without one, more is allowed, and nothing else. */
const narrowing = new Set(
  (
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf format pattern minLength maxLength contentEncoding " +
    "contentMediaType minItems maxItems uniqueItems contains minContains maxContains minProperties maxProperties " +
    "propertyNames dependentRequired not if then else"
  ).split(" "),
);

/** More of them are a mistake, and each costs a run through the schema. */
const mostNotEnforced = 200;

/** JSON without a schema is what a program can take apart. */
const anyJson: JsonSchema = { type: ["object", "array"], additionalProperties: true };

/**
 * The rule that a text is JSON, and follows the schema if there is one. Keywords that no grammar can express and that only
 * narrow the rest are left to the AI SDK, which validates what comes: `z.int()` and `z.email()` would be of no use else.
 * @throws BayLingError `grammar-invalid` where something else is not supported
 */
export async function jsonResponse(given: JsonSchema = anyJson): Promise<JsonResponse> {
  const { matchJsonSchema } = await import("../generation/constraints/grammar/match-json-schema.ts");
  const notEnforced: string[] = [];
  let schema = given;
  for (;;) {
    try {
      return { constraint: matchJsonSchema(schema), notEnforced };
    } catch (error) {
      if (!BayLingError.isInstance(error) || error.field === undefined) throw error;
      if (schema === given) schema = copyOf(given) ?? given;
      const dropped = schema === given ? undefined : widen(schema, error.field);
      if (dropped === undefined || notEnforced.length >= mostNotEnforced) throw error;
      notEnforced.push(...dropped);
    }
  }
}

/** Undefined for what is no data, such as a schema with functions. */
function copyOf(schema: JsonSchema): JsonSchema | undefined {
  try {
    return structuredClone(schema);
  } catch {
    return undefined;
  }
}

/**
 * Takes away the keyword at a JSON pointer, or what stands in its way.
 * @returns pointers of what the schema no longer says; undefined where nothing can go without changing what is meant
 */
function widen(schema: JsonSchema, pointer: string): readonly string[] | undefined {
  const path = pointer.split("/").slice(1);
  const keyword = path.pop();
  let at: unknown = schema;
  for (const part of path) at = member(at, decodePart(part));
  const value = keyword === undefined ? undefined : member(at, keyword);
  if (value === undefined) return undefined;
  const owner = at as Record<string, unknown>;
  // A pattern says more than the lengths that it cannot stand beside.
  const lengths = keyword === "pattern" ? ["minLength", "maxLength"].filter((name) => Object.hasOwn(owner, name)) : [];
  if (lengths.length > 0) {
    for (const name of lengths) delete owner[name];
    return lengths.map((name) => `${pointer.slice(0, -"pattern".length)}${name}`);
  }
  if (narrowing.has(keyword!)) {
    delete owner[keyword!];
    // Every schema of a whole number says this, and all but the longest keep it.
    return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? [] : [pointer];
  }
  if (keyword !== "oneOf" || owner.anyOf !== undefined) return undefined;
  owner.anyOf = value;
  delete owner.oneOf;
  return [pointer];
}

function member(owner: unknown, key: string): unknown {
  const isThere = typeof owner === "object" && owner !== null && Object.hasOwn(owner, key);
  return isThere ? (owner as Record<string, unknown>)[key] : undefined;
}

function decodePart(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
