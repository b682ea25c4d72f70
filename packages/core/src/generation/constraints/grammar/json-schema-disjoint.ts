import { type JsonSchema, pathTo } from "./json-schema-error.ts";
import { isObject, isOfType, type JsonType, jsonTypes, listedValues, shapeOf, typeOf } from "./json-schema-keywords.ts";

/** How far properties are compared. */
const deepest = 5;

/**
 * Whether no value can follow both schemas, as far as one sees at types, listed values and required properties. False
 * where it is not known.
 */
function areDisjoint(
  a: JsonSchema,
  b: JsonSchema,
  resolve: (reference: unknown) => JsonSchema | undefined,
  depth = 0,
): boolean {
  const [first, second] = [settled(a, resolve), settled(b, resolve)];
  if (first === false || second === false) return true;
  if (!isObject(first) || !isObject(second) || depth > deepest) return false;
  const [values, others] = [listedValues(first, "#"), listedValues(second, "#")];
  if (values !== undefined && others !== undefined) return !values.some((value) => others.includes(value));
  const [types, otherTypes] = [typesOf(first, values), typesOf(second, others)];
  const overlap = types.filter((type) => otherTypes.some((other) => isOfType(type, other) || isOfType(other, type)));
  if (overlap.length === 0) return true;
  if (overlap.some((type) => type !== "object") || values !== undefined || others !== undefined) return false;
  const [required, otherRequired] = [first.required, second.required];
  if (!Array.isArray(required) || !Array.isArray(otherRequired)) return false;
  return required.some((name: unknown) => {
    const [own, other] = [propertyOf(first, name), propertyOf(second, name)];
    if (!otherRequired.includes(name) || own === undefined || other === undefined) return false;
    return areDisjoint(own, other, resolve, depth + 1);
  });
}

/** A schema behind its references; as it is where they go round in circles. */
function settled(schema: JsonSchema, resolve: (reference: unknown) => JsonSchema | undefined): JsonSchema | undefined {
  let at: JsonSchema | undefined = schema;
  for (let count = 0; count < 100 && isObject(at) && at.$ref !== undefined; count++) at = resolve(at.$ref);
  return isObject(at) && at.$ref !== undefined ? undefined : at;
}

function typesOf(schema: Exclude<JsonSchema, boolean>, values: readonly string[] | undefined): readonly JsonType[] {
  if (values !== undefined) return values.map((value) => typeOf(JSON.parse(value)));
  const { leading, types } = shapeOf(schema, "#");
  return leading === undefined ? (types ?? jsonTypes) : jsonTypes;
}

function propertyOf(schema: Exclude<JsonSchema, boolean>, name: unknown): JsonSchema | undefined {
  if (typeof name !== "string" || !isObject(schema.properties) || !Object.hasOwn(schema.properties, name))
    return undefined;
  return schema.properties[name] as JsonSchema;
}

/** The first two of some schemas that may both hold for a value, as paths below one. */
export function findOverlap(
  schemas: readonly JsonSchema[],
  path: string,
  resolve: (reference: unknown) => JsonSchema | undefined,
): readonly [string, string] | undefined {
  for (const [index, schema] of schemas.entries()) {
    for (let other = 0; other < index; other++) {
      if (!areDisjoint(schemas[other]!, schema, resolve)) return [pathTo(path, other), pathTo(path, index)];
    }
  }
  return undefined;
}
