import type { ProbeResult } from "@bayling/core/backend";
import { afterAll, describe, it } from "vitest";
import { type CaseOutcome, CaseSkipped, type ConformanceCase, groupOf } from "./conformance-case.ts";
import { groupBy } from "./group-by.ts";
import { environment, isHardwareRequired, whyUnavailable } from "./hardware.ts";
import type { CaseResult } from "./run-case.ts";
import { renderSupportTable, writeSupportTable } from "./support-table.ts";

export interface SuiteOptions<Context> {
  /** The title of the test report. */
  readonly title: string;
  /** The column of the support table. */
  readonly name: string;
  readonly cases: readonly ConformanceCase<Context>[];
  /** Cases (`fork/of a fork`) or whole groups (`fork`) that do not run, with the reason. */
  readonly skip: Readonly<Record<string, string>>;
  /** The word by which `BAYLING_REQUIRE_HARDWARE` asks for it. */
  readonly hardware: string;
  /** For one case, in milliseconds. */
  readonly timeout: number;
  probe(): Promise<ProbeResult>;
  /** Runs a case in a context of its own; returns the largest error that it measured. */
  run(conformanceCase: ConformanceCase<Context>): Promise<CaseResult>;
}

/** Registers the cases with vitest, and prints what was skipped and the support table when they have run. */
export function registerSuite<Context>(options: SuiteOptions<Context>): void {
  const { title, name, cases, skip, hardware, timeout } = options;
  describe(title, () => {
    const outcomes: CaseOutcome[] = [];
    let probed: Promise<string | undefined> | undefined;
    const unavailable = () => {
      probed ??= whyUnavailable(() => options.probe());
      return probed;
    };

    it("is available, or says why not", async ({ skip: skipTest }) => {
      const reason = await unavailable();
      if (reason === undefined) return;
      if (isHardwareRequired(hardware, environment("BAYLING_REQUIRE_HARDWARE"))) {
        throw new Error(`BAYLING_REQUIRE_HARDWARE asks for "${hardware}", but it is not available: ${reason}`);
      }
      skipTest(reason);
    });

    it("skips only what exists", () => {
      const known = new Set(cases.flatMap((each) => [each.name, groupOf(each.name)]));
      const unknown = Object.keys(skip).filter((key) => !known.has(key));
      if (unknown.length > 0) throw new Error(`skip names no case and no group: ${unknown.join(", ")}`);
    });

    for (const each of cases) {
      it(each.name, { timeout }, async ({ skip: skipTest }) => {
        const record = (outcome: Pick<CaseOutcome, "status" | "reason" | "nmse">) =>
          outcomes.push({ name: each.name, weightType: each.weightType, ...outcome });
        const reason = skip[each.name] ?? skip[groupOf(each.name)] ?? (await unavailable());
        if (reason !== undefined) {
          record({ status: "skipped", reason });
          skipTest(reason);
        }
        const { error, nmse } = await options.run(each);
        if (error instanceof CaseSkipped) {
          record({ status: "skipped", reason: error.message });
          skipTest(error.message);
        }
        record({ status: error === undefined ? "passed" : "failed", nmse });
        if (error !== undefined) throw error;
      });
    }

    afterAll(() => {
      for (const line of skippedLines(outcomes)) console.log(`${title}: skipped ${line}`);
      if (outcomes.some(({ status }) => status !== "skipped"))
        console.log(`\n${renderSupportTable([{ name, outcomes }])}`);
      const path = environment("BAYLING_SUPPORT_TABLE");
      if (path) writeSupportTable(path, [{ name, outcomes }]);
    });
  });
}

/** `fork (all 9), masks/only the first: declares no …`, one line for each reason. */
function skippedLines(outcomes: readonly CaseOutcome[]): string[] {
  const groups = groupBy(outcomes, ({ name }) => groupOf(name));
  const byReason = groupBy(
    outcomes.filter(({ status }) => status === "skipped"),
    ({ reason }) => reason,
  );
  return [...byReason].map(([reason, members]) => {
    const parts = [...groupBy(members, ({ name }) => groupOf(name))].map(([group, skipped]) =>
      skipped.length === groups.get(group)!.length
        ? `${group} (all ${skipped.length})`
        : skipped.map(({ name }) => name).join(", "),
    );
    return `${parts.join(", ")}: ${reason}`;
  });
}
