import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../../../errors.ts";
import { expectError } from "../../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom } from "../../../testing/random-walk.ts";
import type { JsonSchema } from "./json-schema-error.ts";
import { matchJsonSchema } from "./match-json-schema.ts";

// biome-ignore lint/suspicious/noExplicitAny: values of keywords are of any type, and the check is about values
type Keywords = { readonly [keyword: string]: any };

/**
 * Checks a value by the words of the specification, with `additionalProperties` false if not set, and values of the types
 * that the keywords are about where no type is set.
 */
function follows(value: unknown, schema: JsonSchema, root: JsonSchema = schema): boolean {
  if (typeof schema === "boolean") return schema;
  const { type, properties = {}, required = [], additionalProperties = false, ...rest } = schema as Keywords;
  if (rest.$ref !== undefined) {
    const path: string[] = rest.$ref.split("/").slice(1);
    return follows(value, path.reduce<Keywords>((at, key) => at[key], root as Keywords) as JsonSchema, root);
  }
  const isType = (name: string): boolean => {
    if (name === "integer") return Number.isInteger(value);
    if (name === "array") return Array.isArray(value);
    if (name === "null") return value === null;
    return typeof value === name && value !== null && !Array.isArray(value);
  };
  if (type !== undefined && ![type].flat().some(isType)) return false;
  const same = (other: unknown) => JSON.stringify(other) === JSON.stringify(value);
  if (rest.const !== undefined && !same(rest.const)) return false;
  if (rest.enum !== undefined && !rest.enum.some(same)) return false;
  if (rest.anyOf !== undefined && !rest.anyOf.some((one: JsonSchema) => follows(value, one, root))) return false;
  if (rest.oneOf !== undefined && rest.oneOf.filter((one: JsonSchema) => follows(value, one, root)).length !== 1)
    return false;
  const isAboutText = ["pattern", "minLength", "maxLength"].some((key) => rest[key] !== undefined);
  if (type === undefined && isAboutText && typeof value !== "string") return false;
  if (typeof value === "string") {
    const length = Array.from(value).length;
    if (length < (rest.minLength ?? 0) || length > (rest.maxLength ?? Infinity)) return false;
    return rest.pattern === undefined || new RegExp(rest.pattern, "u").test(value);
  }
  if (Array.isArray(value)) {
    if (value.length < (rest.minItems ?? 0) || value.length > (rest.maxItems ?? Infinity)) return false;
    return value.every((item) => follows(item, rest.items ?? true, root));
  }
  const isBare = ["enum", "const", "anyOf", "oneOf"].some((key) => rest[key] !== undefined);
  if (typeof value !== "object" || value === null || isBare) return true;
  if (type === undefined && !("properties" in schema) && !("additionalProperties" in schema)) return true;
  if (!required.every((name: string) => Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, own]) =>
    follows(own, Object.hasOwn(properties, name) ? properties[name] : additionalProperties, root),
  );
}

const scalar = fc.constantFrom<JsonSchema>(
  ...([
    ...[{ type: "string" }, { type: "integer" }, { type: "number" }, { type: "boolean" }, { type: "null" }, true, {}],
    ...[
      { type: "string", minLength: 1, maxLength: 3 },
      { type: "string", pattern: '^[a-c"\\n]{1,3}$' },
      { pattern: "x|^y" },
    ],
    ...[
      { enum: ["a", 1, null, { b: [2] }] },
      { const: 'é"\\' },
      { type: ["string", "null"] },
      { type: "string", enum: ["x", 1] },
    ],
    ...[
      { anyOf: [{ type: "integer" }, { const: "a" }] },
      { oneOf: [{ type: "integer" }, { type: "string" }] },
      { maxLength: 2 },
    ],
  ] as JsonSchema[]),
);
const schemas = fc.letrec<{ any: JsonSchema }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc
      .tuple(
        fc.uniqueArray(fc.constantFrom("a", "ab", "b", 'é"', ""), { maxLength: 4 }),
        fc.infiniteStream(tie("any")),
        fc.nat(15),
      )
      .chain(([names, stream, mask]) =>
        fc.constantFrom<JsonSchema>(false, true, { type: "integer" }).map((additionalProperties) => ({
          type: "object",
          properties: Object.fromEntries(names.map((name) => [name, stream.next().value as JsonSchema])),
          required: names.filter((_, index) => (mask >> index) & 1),
          additionalProperties,
        })),
      ),
    fc.tuple(tie("any"), fc.nat(2), fc.nat(2)).map(([items, least, more]) => ({
      ...{ type: "array", items, minItems: least, maxItems: least + more },
    })),
  ),
})).any;

const tree: JsonSchema = {
  $defs: {
    node: {
      type: "object",
      properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
      required: ["name"],
    },
  },
  $ref: "#/$defs/node",
};

describe("matchJsonSchema", () => {
  it("leads every walk to a value of the schema", () => {
    const fragments = ["{", "}", "[", "]", '"a"', '"ab"', '"', ":", ",", " ", "1", "null", "x", "y", "\n", "\\n"];
    fc.assert(
      fc.property(schemas, fc.integer(), (schema, seed) => {
        const walked = randomWalk(matchJsonSchema(schema), { random: seededRandom(seed), fragments, length: 50 });
        expect(follows(JSON.parse(walked), schema), `${JSON.stringify(schema)} ${walked}`).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("takes values exactly where they follow the schema", () => {
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>("a", "b", "x", "xy", 'é"\\', "", "\n", 1, -2.5, 0, true, null, { b: [2] }),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "ab", "b", 'é"', "", "c"), tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(schemas, fc.array(values, { minLength: 4, maxLength: 4 }), (schema, values) => {
        const constraint = matchJsonSchema(schema);
        for (const value of values) {
          const inOrder = ordered(value, schema);
          const [plain, pretty] = [JSON.stringify(inOrder), JSON.stringify(inOrder, undefined, 1)];
          const expected = follows(value, schema);
          expect(accepts(constraint, plain), `${JSON.stringify(schema)} ${plain}`).toBe(expected);
          // Listed values are taken as JSON writes them without white space.
          if (!JSON.stringify(schema).includes('"b":[2]')) expect(accepts(constraint, pretty)).toBe(expected);
        }
      }),
      { numRuns: 400 },
    );
  });

  /** A value with its properties in the order of the schema, as far as types tell which schema it follows. */
  function ordered(value: unknown, schema: JsonSchema): unknown {
    if (typeof schema === "boolean" || typeof value !== "object" || value === null) return value;
    const { properties, additionalProperties, items } = schema as Keywords;
    if (Array.isArray(value)) return value.map((item) => ordered(item, items ?? true));
    if (properties === undefined) return value;
    const names = [
      ...Object.keys(properties),
      ...Object.keys(value).filter((name) => !Object.hasOwn(properties, name)),
    ];
    const own = value as Keywords;
    return Object.fromEntries(
      names
        .filter((name) => Object.hasOwn(own, name))
        .map((name) => [name, ordered(own[name], properties[name] ?? additionalProperties)]),
    );
  }

  it.each<[JsonSchema, string, boolean]>([
    [tree, '{"name": "a", "children": [{"name": "b"}, {"name":"c","children":[]}]}', true],
    [tree, '{"children": [], "name": "a"}', false],
    [tree, '{"name": "a", "children": [{}]}', false],
    [{ $ref: "#/definitions/a~1b%20c", definitions: { "a/b c": { const: 1 } } }, "1", true],
    [{ type: "object", additionalProperties: { type: "integer" } }, '{"a": 1, "b": 2}', true],
    [
      { type: "object", properties: { ab: true }, additionalProperties: { type: "integer" } },
      '{"ab": "x", "a": 1, "abc": 2}',
      true,
    ],
    [
      { type: "object", properties: { ab: { type: "string" } }, additionalProperties: { type: "integer" } },
      '{"ab": 1}',
      false,
    ],
    [{ type: "string" }, '"\\u0000\\n\\""', true],
    [{ type: "string" }, '"\\u0061"', false],
    [{ type: "number" }, "-12.50e+10", true],
    [{ type: "number" }, "01", false],
    [{ type: "integer" }, "1.0", false],
    [{ type: "string", pattern: "a.c" }, '"xabcx"', true],
    [{ type: "string", pattern: "^a|b$" }, '"ax"', true],
    [{ type: "string", pattern: "^a|b$" }, '"xa"', false],
    [{ oneOf: [objectOf("x"), objectOf("y")] }, '{"kind": "y"}', true],
    [true, '[1, {"a": null}]', true],
  ])("%j takes %s: %s", (schema, text, taken) => {
    expect(accepts(matchJsonSchema(schema), text)).toBe(taken);
  });

  function objectOf(kind: string): JsonSchema {
    return { type: "object", properties: { kind: { const: kind } }, required: ["kind"] };
  }

  it("knows the shortest value", () => {
    for (const [schema, bytes] of [
      [tree, '{"name":""}'.length],
      [{ type: "string", minLength: 5 }, 7],
      [{ type: "array", items: { type: "boolean" }, minItems: 2 }, "[true,true]".length],
    ] as const) {
      const constraint = matchJsonSchema(schema as JsonSchema);
      expect(constraint.bytesToEnd(constraint.begin())).toBe(bytes);
    }
  });

  const circle: { items?: unknown; type: string } = { type: "array" };
  circle.items = circle;

  const refused: readonly (readonly [JsonSchema, string])[] = [
    [{ type: "integer", minimum: 3 }, "#/minimum: the keyword is not supported"],
    [{ properties: { "a/b": { allOf: [] } } }, "#/properties/a~1b/allOf: the keyword is not supported"],
    [{ type: "string", format: "date" }, "#/format: the keyword is not supported"],
    [{ type: "string", items: {} }, "#/items: the keyword says nothing about the type string"],
    [{ $ref: "#/$defs/x", $defs: { x: true }, type: "string" }, "#/type: the keyword is not supported beside $ref"],
    [{ $ref: "other.json" }, "#/$ref: there is no schema at this place"],
    [{ $ref: "#/$defs/__proto__" }, "#/$ref"],
    [{ $ref: "#/%" }, "#/$ref"],
    [{ $ref: "#" }, "no text follows it"],
    [{ type: "text" }, "#/type: this is no type"],
    [{ type: [] }, "#/type"],
    [{ enum: "a" }, "#/enum: this is no list"],
    [{ enum: [] }, "no text follows it"],
    [{ enum: [() => 1] }, "#/enum/0: this is no value of JSON"],
    [{ const: Number.NaN }, "#/const: this is no value of JSON"],
    [{ const: circle }, "#/const"],
    [{ const: [1n] }, "#/const"],
    [{ anyOf: [] }, "#/anyOf: this is no list of schemas"],
    [{ anyOf: [3] } as never, "#/anyOf/0: this is no schema"],
    [{ oneOf: [{ type: "number" }, { const: 3 }] }, "#/oneOf: a value may follow #/oneOf/0 and #/oneOf/1 at once"],
    [{ oneOf: [{ type: "object" }, { type: "object", properties: {} }] }, "at once"],
    [{ minLength: 3, maxLength: 2 }, "#/maxLength: it is less than minLength"],
    [{ minLength: -1 }, "#/minLength: this is no count"],
    [{ maxLength: 10_000_000 }, "too large"],
    [{ pattern: "a", maxLength: 2 }, "#/pattern: a pattern together with a length"],
    [{ pattern: "(?=a)" }, "#/pattern: regular expression: line 1, column 1: lookahead assertions are not supported"],
    [{ pattern: "x(^a|b)" }, "#/pattern: anchors are supported at the ends"],
    [{ properties: [] }, "#/properties: these are no properties"],
    [{ required: ["a"] }, "#/required: a name is not one of the properties"],
    [{ required: "a" }, "#/required"],
    [{ properties: { "\ud800": true } }, "half a character"],
    [false, "no text follows it"],
  ];

  it.each(refused.map(([schema, problem]) => ({ schema, problem })))(
    "refuses $problem",
    async ({ schema, problem }) => {
      const error = await expectError("grammar-invalid", () => matchJsonSchema(schema));
      expect(error.message).toContain(problem);
    },
  );

  it("follows schemas that hold themselves, and those that are used often", () => {
    expect(accepts(matchJsonSchema(circle as never), "[[],[[]]]")).toBe(true);
    let often: JsonSchema = { type: "null" };
    for (let level = 0; level < 100; level++) often = { type: "array", items: { anyOf: [often, often] }, maxItems: 1 };
    expect(accepts(matchJsonSchema(often), "[[[]]]")).toBe(true);
  });

  it("never throws anything but its own error", () => {
    const keywords = [
      "type",
      "properties",
      "required",
      "additionalProperties",
      "items",
      "minItems",
      "maxLength",
      "pattern",
    ];
    const more = ["enum", "const", "anyOf", "oneOf", "$ref", "$defs", "title", "minimum"];
    const leaf = fc.constantFrom<unknown>(
      "string",
      "object",
      "#",
      "#/items",
      "^a",
      0,
      2,
      -1,
      true,
      false,
      null,
      "a",
      [],
    );
    const schema = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keywords, ...more), tie("any"), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(schema, (schema) => {
        try {
          const constraint = matchJsonSchema(schema as JsonSchema);
          expect(constraint.bytesToEnd(constraint.begin())).toBeLessThan(Infinity);
        } catch (error) {
          if (!BayLingError.isInstance(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses schemas that are nested without end", async () => {
    let deep: JsonSchema = { type: "null" };
    for (let level = 0; level < 5000; level++) deep = { type: "array", items: deep };
    await expectError("grammar-invalid", () => matchJsonSchema(deep));
    for (const wrong of [undefined, null, 3, "x", []]) {
      await expectError("argument-invalid", () => matchJsonSchema(wrong as never));
    }
  });
});
