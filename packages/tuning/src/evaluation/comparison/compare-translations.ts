import { BayLingError } from "@bayling/core";
import { type BleuTokenizer, bleu } from "../bleu.ts";
import { chrf } from "../chrf.ts";
import { type NeuralMeasure, neuralScore } from "../external/python-measure.ts";
import type { Measure } from "../measure.ts";
import { scoreCorpus } from "../measure.ts";
import { pairedBootstrap } from "../significance/paired-bootstrap.ts";
import { ter } from "../ter.ts";
import type { Comparison, ComparisonCell, ComparisonColumn } from "./comparison.ts";

/** Names of measures, as they are asked for. */
export const translationMeasures = ["bleu", "chrf", "chrf++", "ter", "comet", "cometkiwi", "metricx"] as const;

export type TranslationMeasure = (typeof translationMeasures)[number];

export interface TranslationsToCompare {
  readonly title: string;
  /** Hypotheses of each system, one for each segment. The first is the baseline. */
  readonly systems: readonly { readonly name: string; readonly hypotheses: readonly string[] }[];
  /** References of each segment. */
  readonly references: readonly (readonly string[])[];
  /** Asked for by neural measures. */
  readonly sources?: readonly string[] | undefined;
  /** BCP 47, of the references: decides how BLEU and TER tell words apart. */
  readonly language: string;
}

export interface CompareTranslationsOptions {
  /** Default: BLEU, chrF, chrF++. */
  readonly measures?: readonly TranslationMeasure[] | undefined;
  /** Of BLEU. Default: `zh` for Chinese, `char` for Japanese and Thai, or else `13a`. */
  readonly tokenizer?: BleuTokenizer | undefined;
  readonly lowercase?: boolean | undefined;
  /** Resamples of paired bootstrap against the first system. Default 0: none. */
  readonly resamples?: number | undefined;
  /** Of neural measures. Default `python3`. */
  readonly python?: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const neural: Readonly<Partial<Record<TranslationMeasure, NeuralMeasure>>> = {
  comet: "COMET",
  cometkiwi: "CometKiwi",
  metricx: "MetricX",
};

/** The probability of chance below which a difference gets a mark. */
const significance = 0.05;

/**
 * Scores systems by several measures, in one table.
 * @throws BayLingError `argument-invalid` where hypotheses and references are not equally many; the signal's reason
 */
export async function compareTranslations(
  { title, systems, references, sources, language }: TranslationsToCompare,
  options: CompareTranslationsOptions = {},
): Promise<Comparison> {
  const { measures = ["bleu", "chrf", "chrf++"], resamples = 0, onProgress, signal } = options;
  checkLengths(systems, references.length);
  const columns: ComparisonColumn[] = [];
  const cells: ComparisonCell[][] = systems.map(() => []);
  const notes: string[] = [];
  let done = 0;
  for (const name of measures) {
    signal?.throwIfAborted();
    const column = neural[name];
    if (column === undefined) {
      const measure = ownMeasure(name, language, options);
      columns.push({ name: measure.name, higherIsBetter: measure.higherIsBetter });
      const scored = scoreAll(measure, systems, references, { resamples, signal });
      for (const [index, cell] of scored.entries()) cells[index]!.push(cell);
      notes.push(`${measure.name}: nrefs:${describeCounts(references)}|${measure.signature}`);
      onProgress?.(++done, measures.length);
      continue;
    }
    columns.push({ name: column, higherIsBetter: column !== "MetricX" });
    const reasons = new Set<string>();
    for (const [index, { hypotheses }] of systems.entries()) {
      const outcome =
        sources === undefined
          ? { notRun: "it needs the sources" }
          : await neuralScore(column, segmentsOf(sources, hypotheses, references), options);
      if ("notRun" in outcome) reasons.add(`${column}: not run; ${outcome.notRun}`);
      else reasons.add(`${column}: ${outcome.signature}`);
      cells[index]!.push("notRun" in outcome ? { value: Number.NaN, text: "not run" } : { value: outcome.score });
    }
    notes.push(...reasons);
    onProgress?.(++done, measures.length);
  }
  if (resamples > 0 && systems.length > 1) {
    notes.push(
      `± half of the 95 % interval of ${resamples} resamples; * differs from ${systems[0]!.name} with p < ${significance} (paired bootstrap)`,
    );
  }
  return { title, columns, rows: systems.map(({ name }, index) => ({ system: name, cells: cells[index]! })), notes };
}

function ownMeasure(name: TranslationMeasure, language: string, options: CompareTranslationsOptions): Measure {
  const { lowercase } = options;
  const base = new Intl.Locale(language).language;
  if (name === "chrf") return chrf({ lowercase });
  if (name === "chrf++") return chrf({ wordOrder: 2, lowercase });
  if (name === "ter") {
    const isAsian = base === "zh" || base === "ja";
    return ter({ normalized: isAsian, asianSupport: isAsian });
  }
  return bleu({ tokenizer: options.tokenizer ?? tokenizerFor(base), lowercase });
}

function tokenizerFor(base: string): BleuTokenizer {
  if (base === "zh") return "zh";
  return ["ja", "th", "lo", "km", "my"].includes(base) ? "char" : "13a";
}

function scoreAll(
  measure: Measure,
  systems: TranslationsToCompare["systems"],
  references: TranslationsToCompare["references"],
  { resamples, signal }: { readonly resamples: number; readonly signal: AbortSignal | undefined },
): ComparisonCell[] {
  if (resamples === 0) {
    return systems.map(({ hypotheses }) => ({ value: scoreCorpus(measure, hypotheses, references) }));
  }
  const all = systems.map(({ hypotheses }) => hypotheses);
  return pairedBootstrap(measure, all, references, { resamples, signal }).map(({ score, interval, pValue }) => ({
    value: score,
    text: `± ${interval.toFixed(2)}${pValue !== undefined && pValue < significance ? " *" : ""}`,
  }));
}

function segmentsOf(
  sources: readonly string[],
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
) {
  return hypotheses.map((hypothesis, index) => ({
    ...{ source: sources[index]!, hypothesis, reference: references[index]![0]! },
  }));
}

function describeCounts(references: readonly (readonly string[])[]): string {
  const counts = references.map((texts) => texts.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least}-${most}`;
}

function checkLengths(systems: TranslationsToCompare["systems"], segments: number): void {
  const wrong = systems.find(({ hypotheses }) => hypotheses.length !== segments);
  if (wrong === undefined && systems.length > 0) return;
  throw new BayLingError("argument-invalid", {
    field: wrong?.name ?? "systems",
    problem: wrong === undefined ? "there is nothing to score" : "it has not one translation for each reference",
    expected: wrong === undefined ? "one system or more" : `${segments} lines`,
    received: wrong === undefined ? "none" : `${wrong.hypotheses.length} lines`,
  });
}
