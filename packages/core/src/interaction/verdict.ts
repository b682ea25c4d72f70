import type { Verdict } from "./act.ts";

export function pass(reason: string): Verdict {
  return { outcome: "pass", reason };
}

export function fail(reason: string): Verdict {
  return { outcome: "fail", reason };
}

export function unknown(reason: string): Verdict {
  return { outcome: "unknown", reason };
}

/**
 * Several checks as one: fails where one fails, is unknown where one is unknown, and passes where all pass. The reasons
 * are those of the checks that decided. Nothing to check is unknown.
 */
export function allOf(verdicts: readonly Verdict[]): Verdict {
  for (const outcome of ["fail", "unknown", "pass"] as const) {
    const deciding = verdicts.filter((verdict) => verdict.outcome === outcome);
    if (deciding.length > 0) return { outcome, reason: deciding.map(({ reason }) => reason).join("; ") };
  }
  return unknown("there was nothing to check");
}
