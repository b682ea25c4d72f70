import { BayLingError, type ErrorCode } from "@bayling/core";
import { PartialFailure } from "../exit-codes.ts";
import { plural } from "../output/numbers.ts";
import { ProgressLine } from "../output/progress-line.ts";
import type { Terminal } from "../output/terminal.ts";
import { jsonText } from "../output/text-width.ts";
import type { InputLine } from "./input-lines.ts";
import type { LineFailure, LineOutput, LineRecord } from "./line-output.ts";
import type { LineTranslator, TranslatedLine } from "./line-translator.ts";

export interface LinesJob {
  readonly lines: AsyncIterable<InputLine>;
  /** How many there are, where that is known. */
  readonly total: number | undefined;
  readonly translator: LineTranslator;
  readonly output: LineOutput;
  readonly json: boolean;
  /** Lines are split into sentences, which JSON names. */
  readonly document: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** How it went. */
export interface LinesOutcome {
  readonly lines: number;
  readonly failures: readonly LineFailure[];
  /** Where lines stand whose translation fails a check. */
  readonly doubts: readonly string[];
}

/**
 * Translates lines in their order. A line that cannot be translated leaves its place in the output empty, and the next one
 * is begun.
 * @throws the signal's reason; what makes all further lines impossible
 */
export async function translateLines(job: LinesJob): Promise<LinesOutcome> {
  const { lines, translator, output, signal, terminal } = job;
  const failures = output.done.flatMap(({ failure }) => failure ?? []);
  const doubts = output.done.flatMap(({ doubt }) => doubt ?? []);
  const progress = new LinesProgress(terminal, output.done.length, job.total);
  try {
    for await (const line of lines) {
      if (line.number <= output.done.length) continue;
      signal.throwIfAborted();
      progress.begin(line.number);
      const result = await translateLine(translator, line, { signal, onToken: () => progress.token() });
      const record = recordOf(line, result, job);
      progress.end();
      await output.write({ ...record, context: translator.context });
      if (record.failure !== undefined) failures.push(record.failure);
      if (record.doubt !== undefined) doubts.push(record.doubt);
    }
    signal.throwIfAborted();
    await output.complete();
  } finally {
    progress.end();
  }
  return { lines: progress.lines, failures, doubts };
}

type LineResult = { readonly translated: TranslatedLine } | { readonly reason: string; readonly code: string };

async function translateLine(
  translator: LineTranslator,
  { text, problem = "", number }: InputLine,
  job: { readonly signal: AbortSignal; readonly onToken: () => void },
): Promise<LineResult> {
  if (text === undefined) return { reason: problem, code: "source-unreadable" };
  try {
    return { translated: await translator.translate(text, number, job) };
  } catch (error) {
    job.signal.throwIfAborted();
    if (!isOfLine(error)) throw error;
    return { reason: error.message, code: error.code };
  }
}

/** What one line can do wrong, whatever the others are. */
const codesOfLines = new Set<ErrorCode>([
  "argument-invalid",
  "context-full",
  "constraint-unsatisfiable",
  "request-contradictory",
  "template-invalid",
]);

/** Options that are wrong are wrong for all lines. */
const fieldsOfOptions = new Set<string | undefined>(["beams", "seed", "maxTokens", "profile", "template"]);

function isOfLine(error: unknown): error is BayLingError {
  return BayLingError.isInstance(error) && codesOfLines.has(error.code) && !fieldsOfOptions.has(error.field);
}

function recordOf(
  { number, place, text, lineBreak }: InputLine,
  result: LineResult,
  { json, document }: LinesJob,
): Omit<LineRecord, "context"> {
  if ("reason" in result) {
    const { reason, code } = result;
    const failed = { line: number, source: text, error: { code, message: reason } };
    const written = json ? `${jsonText(failed)}\n` : lineBreak;
    return { line: number, written, failure: { place, reason } };
  }
  const { translated } = result;
  const fails = translated.segments.some(({ verdicts }) => verdicts.some(({ outcome }) => outcome === "fail"));
  const written = json ? `${jsonText(describe(number, text!, translated, document))}\n` : translated.text + lineBreak;
  return { line: number, written, ...(fails && { doubt: place }) };
}

function describe(line: number, source: string, { text, segments }: TranslatedLine, document: boolean): object {
  const head = { line, source, translation: text };
  if (document) return { ...head, segments };
  const { verdicts = [], notes = [], guaranteed = [], finishReason, hypotheses, words } = segments[0] ?? {};
  return { ...head, verdicts, notes, guaranteed, finishReason, hypotheses, words };
}

/** How far it is, for a person who waits. */
class LinesProgress {
  readonly #line: ProgressLine;
  readonly #total: number | undefined;
  readonly #before: number;
  readonly #began = performance.now();
  #number: number;
  #tokens = 0;

  constructor(terminal: Terminal, before: number, total: number | undefined) {
    this.#line = new ProgressLine(terminal, "translating");
    this.#before = before;
    this.#number = before;
    this.#total = total;
  }

  get lines(): number {
    return this.#number;
  }

  begin(number: number): void {
    this.#number = number;
    this.#tokens = 0;
    this.#draw();
  }

  token(): void {
    this.#tokens++;
    this.#draw();
  }

  end(): void {
    this.#line.end();
  }

  #draw(): void {
    const done = this.#number - 1;
    const minutes = (performance.now() - this.#began) / 60_000;
    const rate = done > this.#before ? `, ${((done - this.#before) / minutes).toFixed(1)} a minute` : "";
    const of = this.#total === undefined ? "" : ` of ${this.#total}`;
    const share = this.#total === undefined ? undefined : done / Math.max(1, this.#total);
    this.#line.draw(share, `line ${this.#number}${of}${rate} · ${plural(this.#tokens, "token")}`);
  }
}

/** Says what people have to look at. @throws PartialFailure */
export function reportOutcome({ lines, failures, doubts }: LinesOutcome, terminal: Terminal): void {
  if (doubts.length > 0 && terminal.isNoteInteractive) {
    const places = doubts.slice(0, 10).join(", ") + (doubts.length > 10 ? ", …" : "");
    const look = `(${plural(doubts.length, "translation")} to look at, a check fails; --json says which: ${places})`;
    terminal.note(terminal.paintNote("yellow", look));
  }
  if (failures.length === 0) return;
  throw new PartialFailure(`${failures.length} of ${plural(lines, "line")} could not be translated`, failures);
}
