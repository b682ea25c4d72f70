import type { z } from "@hono/zod-openapi";

type Content = Record<string, { schema: z.ZodType }>;

/** An answer of JSON, for the description of a route. */
export function jsonContent(schema: z.ZodType): Content {
  return { "application/json": { schema } };
}

/** A body as `readFields` takes it. */
export function jsonOrFormBody(schema: z.ZodType): { body: { required: true; content: Content } } {
  const types = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];
  return { body: { required: true, content: Object.fromEntries(types.map((type) => [type, { schema }])) } };
}
