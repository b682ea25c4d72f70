import { BayLingError } from "../../../errors.ts";
import { allCharacters } from "../characters/character-set.ts";
import { characters, choice, type Expression, literal, nothing, repeat, rule, sequence } from "./expression.ts";
import type { Grammar } from "./grammar.ts";
import { jsonRules, jsonSpelling, listOf, otherNames, separated, space } from "./json-expressions.ts";
import { findOverlap } from "./json-schema-disjoint.ts";
import { type JsonSchema, pathTo, schemaError } from "./json-schema-error.ts";
import { countOf, isObject, type JsonType, listedValues, shapeOf } from "./json-schema-keywords.ts";
import { parseRegularExpression } from "./regular-expression-parser.ts";

type SchemaObject = Exclude<JsonSchema, boolean>;

/** Schemas within schemas that are followed; more would be an attack on the stack. */
const deepest = 300;

/**
 * The grammar of the JSON that follows a schema, with properties in the order in which the schema names them.
 * @throws BayLingError `grammar-invalid` with the path of what is not supported
 */
export function jsonSchemaGrammar(schema: JsonSchema): Grammar {
  return new SchemaCompiler(schema).compile();
}

class SchemaCompiler {
  readonly #root: JsonSchema;
  readonly #rules = new Map<string, Expression>(jsonRules);
  /** The rule of each object of the schema, so that what refers to itself, and what is used often, is there once. */
  readonly #names = new Map<object, string>();
  #depth = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  compile(): Grammar {
    this.#rules.set("root", this.#schema(this.#root, "#"));
    return { rules: this.#rules, root: "root" };
  }

  #schema(schema: unknown, path: string): Expression {
    if (schema === true) return rule("value");
    if (schema === false) return choice([]);
    if (!isObject(schema)) throw schemaError(path, "this is no schema", "an object, true or false", schema);
    const known = this.#names.get(schema);
    if (known !== undefined) return rule(known);
    const name = `schema-${this.#names.size}`;
    this.#names.set(schema, name);
    this.#rules.set(name, nothing); // keeps its place
    if (++this.#depth > deepest) throw schemaError(path, "schemas are nested too deeply", `at most ${deepest} levels`);
    this.#rules.set(name, this.#body(schema, path));
    this.#depth--;
    return rule(name);
  }

  #body(schema: SchemaObject, path: string): Expression {
    const { leading, types } = shapeOf(schema, path);
    switch (leading) {
      case "$ref":
        return this.#schema(this.#resolve(schema.$ref, pathTo(path, "$ref")), String(schema.$ref));
      case "const":
      case "enum":
        return choice(listedValues(schema, path)!.map(literal));
      case "anyOf":
      case "oneOf":
        return this.#alternatives(schema[leading], leading, pathTo(path, leading));
      default: {
        if (types === undefined) return rule("value");
        // Whole numbers are numbers.
        const all = types.filter((type) => type !== "integer" || !types.includes("number"));
        return choice(all.map((type) => this.#ofType(type, schema, path)));
      }
    }
  }

  #alternatives(given: unknown, keyword: "anyOf" | "oneOf", path: string): Expression {
    if (!Array.isArray(given) || given.length === 0)
      throw schemaError(path, "this is no list of schemas", "schemas", given);
    // Not `map`, which passes holes over.
    const options = Array.from(given, (schema, index) => this.#schema(schema, pathTo(path, index)));
    if (keyword === "oneOf") {
      const overlap = findOverlap(given as JsonSchema[], path, (reference) => this.#lookUp(reference));
      if (overlap !== undefined) {
        const problem = `a value may follow ${overlap.join(" and ")} at once, and no grammar can keep it from that`;
        throw schemaError(path, problem, "schemas of different types or with different constants, or anyOf");
      }
    }
    return choice(options);
  }

  #ofType(type: JsonType, schema: SchemaObject, path: string): Expression {
    if (type === "object") return this.#object(schema, path);
    if (type === "array") return this.#array(schema, path);
    return type === "string" ? this.#string(schema, path) : rule(type);
  }

  #string(schema: SchemaObject, path: string): Expression {
    const [least, most] = this.#bounds(schema, "minLength", "maxLength", path);
    if (schema.pattern === undefined) {
      if (least === 0 && most === Infinity) return rule("string");
      return sequence([literal('"'), repeat(rule("character"), least, most), literal('"')]);
    }
    const at = pathTo(path, "pattern");
    if (least > 0 || most < Infinity) throw schemaError(at, "a pattern together with a length is not supported");
    if (typeof schema.pattern !== "string") throw schemaError(at, "this is no pattern", "a text", schema.pattern);
    let pattern: Expression;
    try {
      pattern = parseRegularExpression(schema.pattern, { ignoreCase: false, dotAll: false });
    } catch (error) {
      if (!BayLingError.isInstance(error)) throw error;
      throw schemaError(at, error.message);
    }
    return sequence([literal('"'), jsonSpelling(wholePattern(pattern, at)), literal('"')]);
  }

  #array(schema: SchemaObject, path: string): Expression {
    const [least, most] = this.#bounds(schema, "minItems", "maxItems", path);
    const items = schema.items === undefined ? rule("value") : this.#schema(schema.items, pathTo(path, "items"));
    return listOf("[", separated(items, least, most), "]");
  }

  #bounds(schema: SchemaObject, leastKey: string, mostKey: string, path: string): readonly [number, number] {
    const [least, most] = [countOf(schema, leastKey, path) ?? 0, countOf(schema, mostKey, path) ?? Infinity];
    if (least > most)
      throw schemaError(pathTo(path, mostKey), `it is less than ${leastKey}`, `at least ${least}`, most);
    return [least, most];
  }

  #object(schema: SchemaObject, path: string): Expression {
    const { properties = {}, required = [], additionalProperties = false } = schema;
    if (!isObject(properties))
      throw schemaError(pathTo(path, "properties"), "these are no properties", "an object", properties);
    const names = Object.keys(properties);
    if (!Array.isArray(required))
      throw schemaError(pathTo(path, "required"), "these are no names", "an array", required);
    for (const name of required) {
      if (names.includes(name as string)) continue;
      throw schemaError(pathTo(path, "required"), "a name is not one of the properties", names.join(", "), name);
    }
    const members = names.map((name) => {
      const at = pathTo(pathTo(path, "properties"), name);
      if (!name.isWellFormed()) throw schemaError(at, "a name has half a character");
      return {
        member: this.#member(literal(JSON.stringify(name)), properties[name], at),
        isRequired: required.includes(name),
      };
    });
    const others = this.#otherMembers(names, additionalProperties, pathTo(path, "additionalProperties"));
    return listOf("{", this.#members(members, others), "}");
  }

  #member(name: Expression, schema: unknown, path: string): Expression {
    return sequence([name, literal(":"), space, this.#schema(schema, path)]);
  }

  #otherMembers(names: readonly string[], schema: unknown, path: string): Expression | undefined {
    if (schema === false) return undefined;
    const { rules, root } = otherNames(names, `names-${this.#rules.size}`);
    for (const [name, expression] of rules) this.#rules.set(name, expression);
    return this.#member(sequence([literal('"'), root, literal('"')]), schema, path);
  }

  /** Members in their order, and then others; a rule for each of them with, and one without a comma before. */
  #members(
    members: readonly { readonly member: Expression; readonly isRequired: boolean }[],
    others: Expression | undefined,
  ): Expression {
    const comma = sequence([literal(","), space]);
    let first = others === undefined ? nothing : separated(others, 0, Infinity);
    let later = others === undefined ? nothing : repeat(sequence([comma, others]), 0, Infinity);
    for (const { member, isRequired } of [...members].reverse()) {
      const [here, after] = [sequence([member, later]), sequence([comma, member, later])];
      const name = `members-${this.#rules.size}`;
      this.#rules.set(`${name}-first`, isRequired ? here : choice([here, first]));
      this.#rules.set(`${name}-later`, isRequired ? after : choice([after, later]));
      [first, later] = [rule(`${name}-first`), rule(`${name}-later`)];
    }
    return first;
  }

  #resolve(reference: unknown, path: string): JsonSchema {
    const schema = this.#lookUp(reference);
    if (schema !== undefined) return schema;
    throw schemaError(path, "there is no schema at this place", "# or #/… within this schema", reference);
  }

  #lookUp(reference: unknown): JsonSchema | undefined {
    if (typeof reference !== "string" || !/^#(\/|$)/.test(reference)) return undefined;
    let at: unknown = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const key = decodePointer(part);
      const isThere = typeof at === "object" && at !== null && key !== undefined && Object.hasOwn(at, key);
      if (!isThere) return undefined;
      at = (at as Record<string, unknown>)[key];
    }
    return typeof at === "boolean" || isObject(at) ? at : undefined;
  }
}

function decodePointer(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}

/** A pattern may match anywhere in a string, unless it is anchored. */
function wholePattern(pattern: Expression, path: string): Expression {
  const anything = repeat(characters(allCharacters), 0, Infinity);
  const options = pattern.kind === "choice" ? pattern.options : [pattern];
  return choice(
    options.map((option) => {
      const parts = option.kind === "sequence" ? [...option.parts] : [option];
      const isStart = parts[0]?.kind === "start";
      const isEnd = parts.length > (isStart ? 1 : 0) && parts.at(-1)?.kind === "end";
      const inner = parts.slice(isStart ? 1 : 0, isEnd ? -1 : undefined);
      if (inner.some(hasAnchor)) throw schemaError(path, "anchors are supported at the ends of a pattern only");
      return sequence([isStart ? nothing : anything, ...inner, isEnd ? nothing : anything]);
    }),
  );
}

function hasAnchor(expression: Expression): boolean {
  switch (expression.kind) {
    case "start":
    case "end":
      return true;
    case "sequence":
      return expression.parts.some(hasAnchor);
    case "choice":
      return expression.options.some(hasAnchor);
    case "repeat":
      return hasAnchor(expression.part);
    default:
      return false;
  }
}
