import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { Problem } from "../problem.ts";
import { invalidRequest, type RequestEnv } from "../routes.ts";

/**
 * The fields of a request's body, JSON or a form, checked. In a form all values are texts; a field that stands there
 * several times is a list.
 * @throws Problem 400 that names the field, 415
 */
export async function readFields<Schema extends z.ZodType>(
  c: Context<RequestEnv>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(await readBody(c));
  if (!result.success) throw invalidRequest(result.error.issues[0]!);
  return result.data;
}

async function readBody(c: Context<RequestEnv>): Promise<unknown> {
  const type = (c.req.header("content-type") ?? "").toLowerCase();
  try {
    if (/^application\/(?:[\w.+-]+\+)?json\b/.test(type)) return await c.req.json();
    if (type.startsWith("application/x-www-form-urlencoded") || type.startsWith("multipart/form-data")) {
      return await c.req.parseBody({ all: true });
    }
  } catch (cause) {
    throw new Problem({
      status: 400,
      code: "body-invalid",
      message: "The body cannot be read as what it says it is.",
      cause,
    });
  }
  if (type === "" && (await c.req.text()) === "") return {};
  const message = "The body has to be application/json, application/x-www-form-urlencoded or multipart/form-data.";
  throw new Problem({ status: 415, code: "content-type-unknown", message });
}
