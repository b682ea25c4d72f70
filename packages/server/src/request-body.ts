import type { Context, MiddlewareHandler } from "hono";
import type { Limits } from "./limits.ts";
import { Problem } from "./problem.ts";
import type { RequestEnv } from "./routes.ts";

/**
 * Bodies that are too long, by their own word or when that many bytes have come, are refused. Hono's own limit makes a new
 * request of one without a length, which fails of those that its adapter for Node gives.
 */
export function limitBody({ bodyBytes }: Limits): MiddlewareHandler<RequestEnv> {
  const message = `The body is longer than the ${bodyBytes} bytes that it may have.`;
  const tooLong = () => new Problem({ status: 413, code: "body-too-long", message });
  return async (c, next) => {
    const { body, headers } = c.req.raw;
    if (body === null) return next();
    if (headers.has("content-length") && !headers.has("transfer-encoding")) {
      if (Number(headers.get("content-length")) > bodyBytes) throw tooLong();
      return next();
    }
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const piece of body) {
      length += piece.length;
      if (length > bodyBytes) throw tooLong();
      pieces.push(piece);
    }
    // Typed as if it held what is read, it holds promises of that.
    Object.assign(c.req.bodyCache, { arrayBuffer: new Blob(pieces).arrayBuffer() });
    return next();
  };
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
