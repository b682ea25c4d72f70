import { invalidArgument } from "../../../check-argument.ts";
import { CharacterConstraint } from "../characters/character-constraint.ts";
import type { Constraint } from "../constraint.ts";
import { compileGrammar } from "./grammar.ts";
import type { JsonSchema } from "./json-schema-error.ts";
import { jsonSchemaGrammar } from "./json-schema-grammar.ts";
import { isObject } from "./json-schema-keywords.ts";
import { PushdownAutomaton } from "./pushdown-automaton.ts";

/**
 * Makes the whole text a value of JSON that follows a schema: `type`, `properties` (in their order), `required`,
 * `additionalProperties` (false if not set), `items`, `minItems`, `maxItems`, `pattern`, `minLength`, `maxLength`,
 * `enum`, `const`, `anyOf`, `oneOf` of schemas that exclude each other, `$ref` within the schema, also to itself. Other
 * keywords are refused, but for those that describe. Without a type, values are of those that the keywords are about.
 * Strings are written as `JSON.stringify` writes them, listed values without white space. Numbers have at most 16 digits
 * before and after the point.
 * @throws BayLingError `argument-invalid`; `grammar-invalid` with the path of what is not supported
 */
export function matchJsonSchema(schema: JsonSchema): Constraint<number> {
  if (typeof schema !== "boolean" && !isObject(schema))
    throw invalidArgument("schema", "an object, true or false", schema);
  const productions = compileGrammar(jsonSchemaGrammar(schema), "JSON schema");
  return new CharacterConstraint("JSON schema", new PushdownAutomaton(productions, "JSON schema"));
}
