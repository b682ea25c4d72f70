import type { Verdict } from "../act.ts";
import { fail, pass } from "../verdict.ts";

/** Whether a reply begins with a text, byte for byte. Bytes may end within a character. */
export function checkPrefix(reply: string, prefix: string | Uint8Array): Verdict {
  return begins(reply, prefix) ? pass("it begins as asked") : fail("it does not begin as asked");
}

function begins(reply: string, prefix: string | Uint8Array): boolean {
  if (typeof prefix === "string") return reply.startsWith(prefix);
  const bytes = new TextEncoder().encode(reply);
  return prefix.every((byte, index) => bytes[index] === byte);
}
