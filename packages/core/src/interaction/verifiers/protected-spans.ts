import { checkProtected } from "../../generation/constraints/protection/check-protected.ts";
import { findProtectedSpans, protectedKinds } from "../../generation/constraints/protection/protected-spans.ts";
import type { Verdict } from "../act.ts";
import { fail, pass } from "../verdict.ts";

/** Numbers have a check of their own, which knows how languages write them. */
const kinds = protectedKinds.filter((kind) => kind !== "number");

/** Whether tags, addresses, placeholders and code of a source are in a reply, unaltered. Undefined where there are none. */
export function checkProtectedSpans(reply: string, source: string): Verdict | undefined {
  const [problem] = checkProtected(withoutMessages(source), withoutMessages(reply), { kinds });
  if (problem !== undefined) return fail(problem.reason);
  if (findProtectedSpans(source, { kinds }).length === 0) return undefined;
  return pass("tags, addresses and placeholders are those of the source");
}

/** A text whose ICU messages, `{n, plural, one {# file} …}`, are their heads alone: what they say may be translated. */
function withoutMessages(text: string): string {
  const messages = findProtectedSpans(text, { kinds: ["placeholder"] });
  let rest = "";
  let end = 0;
  for (const span of messages) {
    const head = /^\{\s*([\w.-]+)\s*,\s*(\w+)\s*,/.exec(span.text);
    if (head === null) continue;
    rest += `${text.slice(end, span.start)}{${head[1]}_${head[2]}}`;
    end = span.end;
  }
  return rest + text.slice(end);
}
