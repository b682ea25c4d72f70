import { describeValue } from "../../../check-argument.ts";
import { BayLingError } from "../../../errors.ts";

/** A schema of JSON as a program has it: an object, or true or false. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** @param path a JSON pointer from the root of the schema, such as `#/properties/name` */
export function schemaError(path: string, problem: string, expected?: string, received?: unknown): BayLingError {
  return new BayLingError("grammar-invalid", {
    source: "JSON schema",
    field: path,
    problem,
    expected,
    received: received === undefined ? undefined : describeValue(received),
  });
}

/** A step further in a JSON pointer. */
export function pathTo(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
