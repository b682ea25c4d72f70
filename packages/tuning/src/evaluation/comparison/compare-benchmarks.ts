import type { BenchmarkReport, BenchmarkScores } from "../interactive/benchmark-report.ts";
import type { Comparison, ComparisonCell, ComparisonColumn } from "./comparison.ts";

export interface BenchmarkedSystem {
  readonly name: string;
  readonly report: BenchmarkReport;
}

const columns: readonly ComparisonColumn[] = [
  { name: "turns", digits: 0 },
  { name: "undecided", digits: 0 },
  { name: "act success %", higherIsBetter: true },
  { name: "untouched kept %", higherIsBetter: true },
  { name: "earlier wishes kept %", higherIsBetter: true },
  { name: "chrF", higherIsBetter: true },
];

const typingColumns: readonly ComparisonColumn[] = [
  { name: "next word %", higherIsBetter: true },
  { name: "keystroke ratio", higherIsBetter: false, digits: 3 },
];

/**
 * Tables of the interactive benchmark: all turns, and act success by act.
 * @param signature of the dialogues, without which the numbers say nothing
 */
export function compareBenchmarks(systems: readonly BenchmarkedSystem[], signature: string): Comparison[] {
  const kinds = [...new Set(systems.flatMap(({ report }) => [...report.byAct.keys()]))].sort();
  const all: Comparison = {
    title: "Steered turn by turn",
    columns: [...columns, ...typingColumns],
    rows: systems.map(({ name, report }) => ({
      system: name,
      cells: [...cellsOf(report), ...typingCells(report)],
    })),
    notes: [
      `benchmark: ${signature}`,
      "act success: of turns whose act a verifier can decide; untouched kept: of the words that the reference revision left alone",
      "keystroke ratio: keys of a simulated translator who types the reference, over its characters",
    ],
  };
  const turnsOf = (kind: string) => systems.find(({ report }) => report.byAct.has(kind))!.report.byAct.get(kind)!.turns;
  // There are more acts than a line has room for.
  const byAct: Comparison = {
    title: "Act success % by act",
    rowName: "act",
    columns: [{ name: "turns", digits: 0 }, ...systems.map(({ name }) => ({ name }))],
    rows: kinds.map((kind) => ({
      system: kind,
      cells: [
        { value: turnsOf(kind) },
        ...systems.map(({ report }) => ({ value: report.byAct.get(kind)?.actSuccess ?? Number.NaN })),
      ],
    })),
    notes: ["–: what a verifier cannot decide"],
  };
  return [all, byAct];
}

function cellsOf({
  turns,
  undecided,
  actSuccess,
  untouchedKept,
  carriedKept,
  chrf,
}: BenchmarkScores): ComparisonCell[] {
  return [turns, undecided, actSuccess, untouchedKept, carriedKept, chrf].map((value) => ({ value }));
}

function typingCells({ typing }: BenchmarkReport): ComparisonCell[] {
  if (typing === undefined) return typingColumns.map(() => ({ value: Number.NaN, text: "not run" }));
  return [{ value: typing.nextWordAccuracy }, { value: typing.keystrokeRatio }];
}
