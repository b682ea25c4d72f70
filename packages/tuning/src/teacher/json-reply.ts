import type { z } from "zod";

/** What a reply holds, or why it is no use. */
export type ParsedReply<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: "no-json" | "wrong-shape" };

/** A reply of brackets alone would take a time that grows with its square. */
const mostTries = 200;

/**
 * The JSON object in a reply. Models wrap it in fences, think aloud before it and explain it afterwards; the first object
 * that fits the schema counts.
 */
export function parseJsonReply<Value>(reply: string, schema: z.ZodType<Value>): ParsedReply<Value> {
  const text = reply.replace(/<think>[\s\S]*?<\/think>/g, "");
  let found = false;
  let tries = 0;
  for (let start = text.indexOf("{"); start !== -1 && tries < mostTries; start = text.indexOf("{", start + 1)) {
    tries++;
    const end = endOfObject(text, start);
    if (end === undefined) continue;
    let value: unknown;
    try {
      value = JSON.parse(text.slice(start, end));
    } catch {
      continue;
    }
    found = true;
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data };
  }
  return { problem: found ? "wrong-shape" : "no-json" };
}

/** Behind the bracket that closes the object at `start`; brackets in strings do not count. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return at + 1;
  }
  return undefined;
}
