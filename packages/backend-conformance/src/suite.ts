import type { ProbeResult } from "@bayling/core/backend";
import { afterAll, describe, it } from "vitest";
import { type CaseOutcome, CaseSkipped, type ConformanceCase, groupOf } from "./conformance-case.ts";
import { groupBy } from "./group-by.ts";
import { environment, findObstacle, type Obstacle } from "./hardware.ts";
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

/** Registers the cases with vitest; when they have run, prints what was skipped and passes on the support table. */
export function registerSuite<Context>(options: SuiteOptions<Context>): void {
  const { title, name, cases, skip, timeout } = options;
  describe(title, () => {
    const outcomes: CaseOutcome[] = [];
    const obstacles = obstacleFinder(options);

    it("is available, or says why not", async ({ skip: skipTest, task }) => {
      const reason = await obstacles(task.name);
      if (reason !== undefined) skipTest(reason);
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
        const reason = skip[each.name] ?? skip[groupOf(each.name)] ?? (await obstacles(each.name));
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
      const lines = skippedLines(title, outcomes);
      if (lines.length > 0) console.log(lines.join("\n"));
      const target = environment("BAYLING_SUPPORT_TABLE");
      if (target === "-") console.log(renderSupportTable([{ name, outcomes }]));
      else if (target) writeSupportTable(target, [{ name, outcomes }]);
    });
  });
}

/**
 * Says why a test cannot run; `undefined` when it can. A failure is thrown once: to the test that asks first, which with
 * `-t` may be any, and to that one again when vitest retries it.
 */
function obstacleFinder<Context>(options: SuiteOptions<Context>): (test: string) => Promise<string | undefined> {
  let search: Promise<Obstacle | undefined> | undefined;
  let first: string | undefined;
  return async (test) => {
    first ??= test;
    search ??= findObstacle(() => options.probe(), options.hardware, environment("BAYLING_REQUIRE_HARDWARE"));
    const obstacle = await search;
    if (obstacle?.failure !== undefined && test === first) throw obstacle.failure;
    return obstacle?.reason;
  };
}

/** `backend mine: skipped 9: declares no fork`, one line for each reason. */
function skippedLines(title: string, outcomes: readonly CaseOutcome[]): string[] {
  const skipped = outcomes.filter(({ status }) => status === "skipped");
  const byReason = groupBy(skipped, ({ reason }) => reason);
  return [...byReason].map(([reason, members]) => `${title}: skipped ${members.length}: ${reason}`);
}
