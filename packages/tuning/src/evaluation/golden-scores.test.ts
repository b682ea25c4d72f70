import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedFixture } from "../testing/shared-fixtures.ts";
import { bleu } from "./bleu.ts";
import { chrf } from "./chrf.ts";
import { type Measure, scoreCorpus } from "./measure.ts";
import { ter } from "./ter.ts";

/** Scores of published WMT22 outputs by sacrebleu 2.6.0. */
const golden = sharedFixture("evaluation/wmt22/golden.json");
const scores: Record<string, Record<string, number | string>> = golden === undefined
  ? {}
  : JSON.parse(readFileSync(golden, "utf8"));

function lines(name: string): string[] {
  return readFileSync(join(dirname(golden!), name), "utf8")
    .trimEnd()
    .split("\n");
}

describe.skipIf(golden === undefined)("the numbers of sacrebleu", () => {
  const systems = Object.keys(scores).filter((key) => key.includes("/"));
  it.each(systems)("%s", (key) => {
    const [pair, system] = key.split("/") as [string, string];
    const hypotheses = lines(`${pair}.${system}.hypo`);
    const references = lines(`${pair}.ref`).map((line) => [line]);
    const measures: Readonly<Record<string, Measure>> = {
      bleu: bleu({ tokenizer: pair.endsWith("-zh") ? "zh" : "13a" }),
      bleu_char: bleu({ tokenizer: "char" }),
      chrf: chrf(),
      chrf2pp: chrf({ wordOrder: 2 }),
      ter: ter(),
      ter_norm_asian: ter({ normalized: true, asianSupport: true }),
    };
    let compared = 0;
    for (const [name, measure] of Object.entries(measures)) {
      const expected = scores[key]![name];
      if (expected === undefined) continue; // nobody waited for TER of every system
      expect(Math.abs(scoreCorpus(measure, hypotheses, references) - (expected as number)), name).toBeLessThan(6e-5);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(4);
    expect(`nrefs:1|${measures.bleu!.signature}|version:2.6.0`).toBe(scores[key]!.bleu_sig);
  });
});
