import { describe, expect, it } from "vitest";
import { compareTranslations } from "./compare-translations.ts";
import { cellText, isBest } from "./comparison.ts";
import { comparisonHtml } from "./comparison-html.ts";

const references = Array.from({ length: 60 }, (_, index) => [`the cat number ${index} sat on the old mat there`]);
const good = references.map(([text]) => text!.replace("old ", ""));
const bad = references.map(([text]) => text!.replace(/sat on.*/, "went away quickly"));
const input = {
  ...{ title: "A test", references, language: "en" },
  systems: [
    { name: "<bad> & old", hypotheses: bad },
    { name: "good", hypotheses: good },
  ],
};

describe("a comparison of translations", () => {
  it("has the scores, the best of them, and signatures to repeat them by", async () => {
    const comparison = await compareTranslations(input, { measures: ["bleu", "chrf", "ter"] });
    expect(comparison.columns.map(({ name }) => name)).toEqual(["BLEU", "chrF", "TER"]);
    const [worse, better] = comparison.rows as [(typeof comparison.rows)[0], (typeof comparison.rows)[0]];
    for (const column of [0, 1, 2]) {
      expect(isBest(comparison, better, column)).toBe(true);
      expect(isBest(comparison, worse, column)).toBe(false);
    }
    expect(comparison.notes[0]).toBe("BLEU: nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
  });

  it("marks what differs from the first system", async () => {
    const { rows, columns } = await compareTranslations(input, { measures: ["chrf"], resamples: 100 });
    expect(cellText(rows[1]!.cells[0]!, columns[0]!)).toMatch(/^\d+\.\d\d ± \d\.\d\d \*$/);
    expect(cellText(rows[0]!.cells[0]!, columns[0]!)).not.toContain("*");
  });

  it("tells words apart as the language asks for", async () => {
    const chinese = { ...input, language: "zh-Hans" };
    const { notes } = await compareTranslations(chinese, { measures: ["bleu", "ter"] });
    expect(notes.join()).toMatch(/tok:zh.*asian:yes/);
    const { notes: chosen } = await compareTranslations(chinese, { measures: ["bleu"], tokenizer: "char" });
    expect(chosen.join()).toMatch(/tok:char/);
  });

  it("says which measures were not run, and why", async () => {
    const { rows, notes, columns } = await compareTranslations(input, { measures: ["comet", "metricx"] });
    expect(rows.map(({ cells }) => cells.map((cell, index) => cellText(cell, columns[index]!)))).toEqual([
      ["not run", "not run"],
      ["not run", "not run"],
    ]);
    expect(notes).toEqual(["COMET: not run; it needs the sources", "MetricX: not run; it needs the sources"]);
  });

  it("refuses texts that do not go together, by name", async () => {
    const short = { ...input, systems: [{ name: "short", hypotheses: good.slice(1) }] };
    await expect(compareTranslations(short)).rejects.toThrow(/short: .*expected 60 lines, got 59 lines/);
  });

  it("becomes a page that holds names as text", async () => {
    const html = comparisonHtml("<script>", [await compareTranslations(input)]);
    expect(html).toContain("&lt;bad&gt; &amp; old");
    expect(html).not.toMatch(/<script|https?:/);
  });
});
