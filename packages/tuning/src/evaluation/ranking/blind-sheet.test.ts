import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeBlindSheet, type RankedItem, readBlindSheet } from "./blind-sheet.ts";
import { reportRankings } from "./ranking-report.ts";

const systems = ["ours", "theirs", "other"];

function items(count: number, text: (system: string, item: number) => string): RankedItem[] {
  return Array.from({ length: count }, (_, item) => ({
    id: `q${item}`,
    prompt: `Translate "this"\tplease\n(${item})`,
    replies: new Map(systems.map((system) => [system, text(system, item)])),
  }));
}

/** What an annotator does who likes the longest reply best. */
function fillIn(sheet: string, rank: (cells: readonly string[]) => string, criterion: number): string {
  const lines = sheet.replace(/\n$/, "").split("\n");
  return lines
    .map((line, index) => {
      if (index === 0) return line;
      const cells = line.split("\t");
      cells[cells.length - 3 + criterion] = rank(cells);
      return cells.join("\t");
    })
    .join("\n");
}

describe("a blind sheet", () => {
  const plain = items(12, (system, item) => `${"x".repeat(systems.indexOf(system) + 1)}${item}`).map((item) => ({
    ...item,
    prompt: "plain",
  }));
  const { sheet, key } = makeBlindSheet(plain, { seed: 3 });
  const longestFirst = (cells: readonly string[]) =>
    ["A", "B", "C"]
      .toSorted((one, other) => cells["ABC".indexOf(other) + 2]!.length - cells["ABC".indexOf(one) + 2]!.length)
      .join(" > ");

  it("names no system, and deals the letters anew for each item", () => {
    for (const system of systems) expect(sheet).not.toContain(system);
    const orders = new Set(Object.values(JSON.parse(key).items as Record<string, string[]>).map(String));
    expect(orders.size).toBeGreaterThan(2);
  });

  it("comes back as rankings of systems", () => {
    const { rankings, problems } = readBlindSheet(fillIn(sheet, longestFirst, 0), key, "Ann");
    expect(problems).toEqual([]);
    expect(rankings.length).toBe(12);
    for (const { order, criterion } of rankings) {
      expect(criterion).toBe("translation");
      expect(order).toEqual([["other"], ["theirs"], ["ours"]]);
    }
    const report = reportRankings(rankings).get("translation")!;
    expect(report.systems.map(({ system, firstShare, meanRank }) => [system, firstShare, meanRank])).toEqual([
      ["other", 100, 1],
      ["theirs", 0, 2],
      ["ours", 0, 3],
    ]);
    expect(report.agreement).toBeNaN();
  });

  it("says which cells cannot be read, and reads the others", () => {
    let row = 0;
    const orders = ["b>a=c", "A>B", "A>B>C>D", "", "A,C,B", "best: A"];
    const filled = fillIn(sheet, () => orders[row++] ?? "", 1);
    const { rankings, problems } = readBlindSheet(`\ufeff${filled}\nnobody\tx`, key);
    expect(rankings.length).toBe(2);
    expect(problems.length).toBe(4);
    expect(problems.join()).toMatch(/q1, instruction following: "A>B".*"nobody" is no item/s);
  });

  it("keeps every text, with tabs, quotes and line breaks, and runs no formula", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(..."a\"\t\n\r=,+'") }), { minLength: 3, maxLength: 3 }),
        (texts) => {
          const made = makeBlindSheet(items(2, (system) => `x${texts[systems.indexOf(system)]!}`));
          expect(readBlindSheet(made.sheet, made.key)).toEqual({ rankings: [], problems: [] });
        },
      ),
    );
    expect(makeBlindSheet(items(1, () => "=1+1")).sheet).toContain("'=1+1");
  });

  it("measures how far two annotators agree, and shares places", () => {
    const equal = () => "A=B=C";
    const both = [
      ...readBlindSheet(fillIn(sheet, longestFirst, 0), key, "Ann").rankings,
      ...readBlindSheet(fillIn(sheet, longestFirst, 0), key, "Ben").rankings,
    ];
    expect(reportRankings(both).get("translation")!.agreement).toBe(100);
    const third = readBlindSheet(fillIn(sheet, equal, 0), key, "Cy").rankings;
    expect(reportRankings([...both, ...third]).get("translation")!.agreement).toBeCloseTo(100 / 3, 10);
    const [first] = reportRankings(third).get("translation")!.systems;
    expect([first!.firstShare, first!.meanRank]).toEqual([expect.closeTo(100 / 3, 10), 2]);
  });

  it("refuses what is no sheet, no key, or nothing to rank", () => {
    expect(() => readBlindSheet("a\tb\n", key)).toThrow(/column "translation"/);
    expect(() => readBlindSheet(sheet, "{}")).toThrow(/JSON file that was written with the sheet/);
    expect(() => readBlindSheet(sheet, "no")).toThrow(/JSON file that was written with the sheet/);
    expect(() => makeBlindSheet([])).toThrow(/nothing to rank/);
  });
});
