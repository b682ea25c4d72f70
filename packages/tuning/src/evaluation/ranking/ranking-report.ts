import type { Ranking } from "./blind-sheet.ts";

/** How a system was ranked by people. */
export interface SystemRanks {
  readonly system: string;
  /** Share of first places, of 100; systems that share one share it. */
  readonly firstShare: number;
  /** Mean place, from 1; systems that are equal share the mean of their places. */
  readonly meanRank: number;
}

export interface CriterionReport {
  readonly rankings: number;
  /** The best mean place first. */
  readonly systems: readonly SystemRanks[];
  /**
   * Of 100: pairs of systems that two annotators of the same item put in the same order, or both call equal; NaN where no
   * item was ranked twice.
   */
  readonly agreement: number;
}

export function reportRankings(rankings: readonly Ranking[]): ReadonlyMap<string, CriterionReport> {
  const criteria = [...new Set(rankings.map(({ criterion }) => criterion))];
  return new Map(
    criteria.map((criterion) => [criterion, report(rankings.filter((ranking) => ranking.criterion === criterion))]),
  );
}

function report(rankings: readonly Ranking[]): CriterionReport {
  const names = [...new Set(rankings.flatMap(({ order }) => order.flat()))];
  const systems = names.map((system) => {
    const places = rankings.map((ranking) => placeOf(ranking, system));
    const firsts = rankings.map(({ order: [best = []] }) => (best.includes(system) ? 1 / best.length : 0));
    return { system, firstShare: 100 * mean(firsts), meanRank: mean(places) };
  });
  return {
    rankings: rankings.length,
    systems: systems.toSorted((one, other) => one.meanRank - other.meanRank),
    agreement: agreementOf(rankings, names),
  };
}

function placeOf({ order }: Ranking, system: string): number {
  let before = 0;
  for (const equals of order) {
    if (equals.includes(system)) return before + (equals.length + 1) / 2;
    before += equals.length;
  }
  return before + 1;
}

function agreementOf(rankings: readonly Ranking[], systems: readonly string[]): number {
  let [same, compared] = [0, 0];
  for (const [index, one] of rankings.entries()) {
    for (const other of rankings.slice(index + 1)) {
      if (one.item !== other.item || one.annotator === other.annotator) continue;
      for (const [position, left] of systems.entries()) {
        for (const right of systems.slice(position + 1)) {
          compared++;
          const orders = [one, other].map((ranking) => Math.sign(placeOf(ranking, left) - placeOf(ranking, right)));
          if (orders[0] === orders[1]) same++;
        }
      }
    }
  }
  return compared === 0 ? Number.NaN : (100 * same) / compared;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
