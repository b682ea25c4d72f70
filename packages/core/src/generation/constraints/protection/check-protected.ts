import { invalidArgument } from "../../../check-argument.ts";
import { findProtectedSpans, type ProtectedSpan, type ProtectOptions } from "./protected-spans.ts";

/** One thing that is wrong with the protected spans of a finished text. */
export interface ProtectionProblem {
  /** `nesting`: the tag is there, but does not open or close what it does in the source. */
  readonly problem: "missing" | "extra" | "nesting";
  /** The span, as the source or, for what is extra, the text has it. */
  readonly span: ProtectedSpan;
  /** One clause that tells a person. */
  readonly reason: string;
}

/**
 * Compares the protected spans of a source with those of its translation: each has to be there as often, unaltered, and
 * every tag with the same partner. Finds them anew in both, and knows nothing of how the text came about.
 * @returns nothing where all is well
 * @throws BayLingError `argument-invalid`
 */
export function checkProtected(
  source: string,
  text: string,
  options: ProtectOptions = {},
): readonly ProtectionProblem[] {
  if (typeof source !== "string") throw invalidArgument("source", "a text", source);
  const [wanted, there] = [findProtectedSpans(source, options), findProtectedSpans(text, options)];
  const sameText = ({ kind, text }: ProtectedSpan) => `${kind} ${text}`;
  const sameRole = (span: ProtectedSpan) => JSON.stringify([sameText(span), span.role, span.partner]);
  const problems: ProtectionProblem[] = [];
  const missing = without(wanted, there, sameText);
  for (const span of missing) {
    problems.push({ problem: "missing", span, reason: `${span.text} is missing, or is not as the source has it` });
  }
  const extra = without(there, wanted, sameText);
  for (const span of extra) {
    problems.push({ problem: "extra", span, reason: `${span.text} is in the text more often than in the source` });
  }
  const [known, kept] = [new Set(missing), new Set(extra)];
  const nesting = without(
    wanted.filter((span) => !known.has(span)),
    there.filter((span) => !kept.has(span)),
    sameRole,
  );
  for (const span of nesting) problems.push({ problem: "nesting", span, reason: describeNesting(span) });
  return problems;
}

function describeNesting({ text, role, partner }: ProtectedSpan): string {
  if (role === "opening") return `${text} is not closed by ${partner} within what encloses it`;
  if (role === "closing") return `${text} does not close ${partner}`;
  return `${text} has become a part of a pair of tags`;
}

/** The spans that another list does not have as often. */
function without(
  spans: readonly ProtectedSpan[],
  others: readonly ProtectedSpan[],
  name: (span: ProtectedSpan) => string,
): ProtectedSpan[] {
  const counts = new Map<string, number>();
  for (const span of others) counts.set(name(span), (counts.get(name(span)) ?? 0) + 1);
  return spans.filter((span) => {
    const left = counts.get(name(span)) ?? 0;
    counts.set(name(span), left - 1);
    return left <= 0;
  });
}
