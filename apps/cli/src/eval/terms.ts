import { parseLanguage } from "@bayling/core/interaction";
import {
  bleu,
  type Comparison,
  constraintRate,
  type InteractiveSystem,
  scoreCorpus,
  translateTexts,
} from "@bayling/tuning/evaluation";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { examples } from "../help.ts";
import { visible } from "../output/text-width.ts";
import { digest } from "./digest.ts";
import { parseNamedFile } from "./named-file.ts";
import { openInteractiveSystem, type SystemSettings } from "./open-systems.ts";
import { printComparisons, type ReportFlags } from "./print-systems.ts";
import { runSystems } from "./run-systems.ts";
import { addReportOptions } from "./score.ts";
import type { SystemFlags } from "./system-names.ts";
import { addSystemOptions } from "./system-options.ts";
import { readLines } from "./text-file.ts";

interface TermsFlags extends ReportFlags, SystemFlags, SystemSettings {
  readonly from: string;
  readonly to: string;
  readonly out?: string;
}

/** A sentence that has to be translated with certain words. */
interface ConstrainedSentence {
  readonly source: string;
  readonly reference: string;
  readonly terms: readonly string[];
  /** In files of outputs. */
  readonly hypothesis: string | undefined;
}

export function addTerms(group: Command, context: Context): void {
  const command = group
    .command("terms")
    .summary("count how many of the terms that were asked for are there")
    .description(
      "Measures translation with terms that have to be in it: the share of terms, of sentences with all their terms, and " +
        'BLEU. Sentences are JSON objects a line with "src", "tgt" and "constraint"; files that also have "hypo" are outputs of a system.',
    )
    .argument("<files...>", "sentences for the systems under test, or outputs: [name=]file")
    .requiredOption("--from <language>", "the language of the sentences")
    .requiredOption("--to <language>", "the language of the translations")
    .option("--out <folder>", "where translations are kept: a run that was stopped goes on where it was");
  addReportOptions(command);
  addSystemOptions(command)
    .addHelpText(
      "after",
      examples(context.terminal, [
        ["bayling eval terms a.jsonl b.jsonl --from en --to zh", "compare files of outputs"],
        [
          "bayling eval terms test.jsonl --from en --to zh --system m.gguf --system chat:m.gguf --out runs",
          "with and without guarantees",
        ],
      ]),
    )
    .action((files: readonly string[], flags: TermsFlags) =>
      context.interrupts.during((signal) => terms(files, flags, context, signal)),
    );
}

async function terms(
  files: readonly string[],
  flags: TermsFlags,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const [from, to] = [parseLanguage(flags.from, "from"), parseLanguage(flags.to, "to")];
  const rows: { name: string; sentences: readonly ConstrainedSentence[] }[] = [];
  let test: readonly ConstrainedSentence[] | undefined;
  for (const text of files) {
    const { name, file } = parseNamedFile(text);
    const sentences = parseSentences(await readLines(file, signal), file);
    test ??= sentences;
    const hasOutputs = sentences.every(({ hypothesis }) => hypothesis !== undefined);
    if (hasOutputs) rows.push({ name, sentences });
  }
  if ((flags.system ?? []).length > 0) {
    const texts = test!.map(({ source, terms: asked }) => ({ from, to, source, terms: asked }));
    const key = digest(...test!.map((sentence) => JSON.stringify([sentence.source, sentence.terms])));
    const results = await runSystems<InteractiveSystem, string, string[]>(
      context,
      {
        systems: flags.system!,
        task: { from, to, terms: key },
        ...(flags.out === undefined ? {} : { folder: flags.out }),
      },
      (named) => openInteractiveSystem(context, named, flags, signal),
      (system, options) => translateTexts(system, texts, options),
      signal,
    );
    for (const { name, result } of results) {
      rows.push({ name, sentences: test!.map((sentence, index) => ({ ...sentence, hypothesis: result[index]! })) });
    }
  }
  if (rows.length === 0) throw new UsageError('the files hold no outputs ("hypo"), and no --system is named');
  await printComparisons("Terms", [compareTerms(rows, to)], flags, context.terminal);
}

function compareTerms(
  rows: readonly { readonly name: string; readonly sentences: readonly ConstrainedSentence[] }[],
  to: string,
): Comparison {
  const measure = bleu({ tokenizer: to.startsWith("zh") ? "zh" : "13a" });
  return {
    title: "Translations with terms that have to be in them",
    columns: [
      { name: "terms", digits: 0 },
      { name: "terms kept %", higherIsBetter: true },
      { name: "sentences with all %", higherIsBetter: true },
      { name: "BLEU", higherIsBetter: true },
    ],
    rows: rows.map(({ name, sentences }) => {
      const replies = sentences.map(({ hypothesis, terms: asked }) => ({ reply: hypothesis!, terms: asked }));
      const rate = constraintRate(replies);
      const hypotheses = replies.map(({ reply }) => reply);
      const score = scoreCorpus(
        measure,
        hypotheses,
        sentences.map(({ reference }) => [reference]),
      );
      return { system: name, cells: [rate.terms, rate.termRate, rate.sentenceRate, score].map((value) => ({ value })) };
    }),
    notes: [`terms as they are written, letter case included; BLEU: nrefs:1|${measure.signature}`],
  };
}

function parseSentences(lines: readonly string[], file: string): ConstrainedSentence[] {
  const rows = lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [{ line, place: `${visible(file)}:${index + 1}` }],
  );
  if (rows.length === 0) throw new UsageError(`${visible(file)}: there is nothing in it`);
  return rows.map(({ line, place }) => {
    let row: Record<string, unknown> = {};
    try {
      row = Object(JSON.parse(line)) as Record<string, unknown>;
    } catch {
      // Said below.
    }
    const { src, tgt, constraint, hypo } = row;
    const isTerms = Array.isArray(constraint) && constraint.every((term) => typeof term === "string");
    if (typeof src !== "string" || typeof tgt !== "string" || !isTerms) {
      throw new UsageError(`${place}: expected a JSON object with "src", "tgt" and "constraint", an array of texts`);
    }
    const hypothesis = typeof hypo === "string" ? hypo : undefined;
    return { source: src, reference: tgt, terms: constraint as string[], hypothesis };
  });
}
