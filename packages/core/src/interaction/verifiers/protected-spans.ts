import { checkProtected } from "../../generation/constraints/protection/check-protected.ts";
import { findProtectedSpans, protectedKinds } from "../../generation/constraints/protection/protected-spans.ts";
import type { Verdict } from "../act.ts";
import { fail, pass } from "../verdict.ts";

/** Numbers have a check of their own, which knows how languages write them. */
const kinds = protectedKinds.filter((kind) => kind !== "number");

/** Whether tags, addresses, placeholders and code of a source are in a reply, unaltered. Undefined where there are none. */
export function checkProtectedSpans(reply: string, source: string): Verdict | undefined {
  const [problem] = checkProtected(source, reply, { kinds });
  if (problem !== undefined) return fail(problem.reason);
  if (findProtectedSpans(source, { kinds }).length === 0) return undefined;
  return pass("tags, addresses and placeholders are those of the source");
}
