import { BayLingError } from "@bayling/core";
import type { LineAlignedInput } from "../bitext-input.ts";
import type { SentencePair } from "../sentence-pair.ts";
import type { OpenSourceFile, PairDefaults, SourceFile } from "../source-file.ts";
import type { TextLine } from "../text-lines.ts";

/**
 * Reads pairs from two files of equally many lines; empty ones at the end count for nothing.
 * @throws BayLingError `bitext-invalid` at the end of the shorter file: a line is missing somewhere, so that what comes
 * after it may have been paired wrongly
 */
export async function* readLineAligned(
  input: LineAlignedInput,
  defaults: PairDefaults,
  open: OpenSourceFile,
): AsyncGenerator<SentencePair> {
  const { corpus, license, sourceLanguage, targetLanguage } = defaults;
  // The second file that is opened counts the pairs.
  const [from, to] = [open(input.source), open(input.target)];
  const [sources, targets] = [lineByLine(from), lineByLine(to)];
  try {
    for (let line = 1; ; line++) {
      const [source, target] = [await sources.next(), await targets.next()];
      if (source.done && target.done) return;
      if (source.done || target.done) {
        const [shorter, longer, lines] = source.done ? [from, to, targets] : [to, from, sources];
        const next = source.done ? target : source;
        return await checkRest(shorter, longer, line, next.value as TextLine, lines);
      }
      const texts = [source.value, target.value];
      if (texts.some(({ problem }) => problem !== undefined)) continue;
      if (texts.every(({ text }) => text.trim() === "")) to.problem("blank", line, "");
      else {
        const origin = { corpus, license, file: input.source, line };
        yield { source: source.value.text, target: target.value.text, sourceLanguage, targetLanguage, origin };
      }
    }
  } finally {
    await sources.return(undefined);
    await targets.return(undefined);
  }
}

async function* lineByLine(file: SourceFile): AsyncGenerator<TextLine, undefined> {
  for await (const lines of file.lines()) yield* lines;
  return undefined;
}

async function checkRest(
  shorter: SourceFile,
  longer: SourceFile,
  line: number,
  first: TextLine,
  rest: AsyncGenerator<TextLine>,
): Promise<void> {
  let isBlank = first.text.trim() === "" && first.problem === undefined;
  for await (const { text, problem } of rest) isBlank &&= text.trim() === "" && problem === undefined;
  if (isBlank) return;
  throw new BayLingError("bitext-invalid", {
    source: `${shorter.name}:${line}`,
    problem: "two line-aligned files are not equally long",
    expected: `${longer.report.lines} lines, as ${longer.name} has`,
    received: `${line - 1}`,
    remedy: "Find the line that is missing: all pairs behind it are wrong",
  });
}
