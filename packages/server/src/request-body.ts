import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Limits } from "./limits.ts";
import { Problem } from "./problem.ts";
import type { RequestEnv } from "./routes.ts";

/** Bodies that are too long, by their own word or when that many bytes have come, are refused. */
export function limitBody({ bodyBytes }: Limits): MiddlewareHandler<RequestEnv> {
  return bodyLimit({
    maxSize: bodyBytes,
    onError: () => {
      const message = `The body is longer than the ${bodyBytes} bytes that it may have.`;
      throw new Problem({ status: 413, code: "body-too-long", message });
    },
  });
}

/** JSON that is nested too deep is refused before it is parsed: what reads it later may recurse. */
export function limitDepth({ jsonDepth }: Limits): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    if (/^application\/(?:[\w.+-]+\+)?json\b/i.test(c.req.header("content-type") ?? "")) {
      if (isDeeper(await c.req.text(), jsonDepth)) {
        const message = `The body has more than ${jsonDepth} arrays and objects within each other.`;
        throw new Problem({ status: 400, code: "json-too-deep", message });
      }
    }
    return next();
  };
}

function isDeeper(json: string, limit: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < json.length; index++) {
    const character = json.charCodeAt(index);
    if (quoted) {
      if (character === backslash) index++;
      else if (character === quote) quoted = false;
    } else if (character === quote) quoted = true;
    else if (character === openArray || character === openObject) {
      if (++depth > limit) return true;
    } else if (character === closeArray || character === closeObject) depth--;
  }
  return false;
}

const [quote, backslash, openArray, closeArray, openObject, closeObject] = [...'"\\[]{}'].map((character) =>
  character.charCodeAt(0),
);

/** The key that clients of some families send as a field of the body: JSON, or a form. */
export async function keyInBody(c: Context, field: string): Promise<string | undefined> {
  const isJson = (c.req.header("content-type") ?? "").includes("json");
  const body: unknown = await (isJson ? c.req.json() : c.req.parseBody()).catch(() => undefined);
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, field)) return undefined;
  const key = (body as Record<string, unknown>)[field];
  return typeof key === "string" ? key : undefined;
}
