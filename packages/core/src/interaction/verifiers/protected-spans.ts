import type { Verdict } from "../act.ts";
import { fail, pass } from "../verdict.ts";

/** What programs read, so that a translation may not touch it. */
const protectedSpans: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["tag", /<\/?[A-Za-z][^<>]*>/g],
  ["address", /\bhttps?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi],
  ["e-mail address", /(?<![\w.+-])[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g],
  [
    "placeholder",
    /\{\{[^{}]*\}\}|\$?\{[\w.-]*(?:\}|,\s*\w+\s*,)|%(?:\d+\$)?(?:\(\w+\))?[-+#0]*\d*(?:\.\d+)?[sdifuxXc@]\b/g,
  ],
  ["code", /`[^`\n]+`/g],
];

function findSpans(text: string): readonly string[] {
  const found: string[] = [];
  let rest = text;
  for (const [name, pattern] of protectedSpans) {
    rest = rest.replace(pattern, (span) => {
      found.push(`${name} ${name === "address" ? withoutMarksBehind(span) : span}`);
      return " ";
    });
  }
  return found;
}

/** An address without the marks of the sentence that it ends. */
function withoutMarksBehind(address: string): string {
  let end = address.length;
  while (end > 0 && ".,;:!?)]'".includes(address[end - 1]!)) end--;
  return address.slice(0, end);
}

/** Whether tags, addresses, placeholders and code of a source are in a reply, unaltered. Undefined where there are none. */
export function checkProtectedSpans(reply: string, source: string): Verdict | undefined {
  const missing = [...findSpans(source)];
  const extra: string[] = [];
  for (const span of findSpans(reply)) {
    const index = missing.indexOf(span);
    if (index === -1) extra.push(span);
    else missing.splice(index, 1);
  }
  if (missing.length > 0) return fail(`${missing[0]} is missing or altered`);
  if (extra.length > 0) return fail(`${extra[0]} is not in the source`);
  return findSpans(source).length === 0 ? undefined : pass("tags, addresses and placeholders are those of the source");
}
