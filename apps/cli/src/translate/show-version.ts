import type { StateVerdict, Verdict, Version, WordScore } from "@bayling/core/interaction";
import { plural } from "../output/numbers.ts";
import type { Look } from "../output/paint.ts";
import { formatProbability, lookOf } from "../output/probability.ts";
import type { Terminal } from "../output/terminal.ts";
import { textWidth, visible } from "../output/text-width.ts";
import { TextWriter } from "../output/text-writer.ts";

const badges: Readonly<Record<Verdict["outcome"], readonly [sign: string, look: Look]>> = {
  pass: ["✓", "green"],
  fail: ["✗", "red"],
  unknown: ["?", "yellow"],
};

/** What the checks of a version found, and what it does not follow, for a person. */
export function noteChecks({ checks, reply }: Version, terminal: Terminal): void {
  const { paintNote } = terminal;
  const isTranslation = reply?.act.replies !== "text";
  const asked =
    reply === undefined || reply.act.kind === "translate" ? [] : [actVerdict(reply.act.kind, reply.verdict)];
  const verdicts = isTranslation ? [...checks, ...asked] : asked;
  const short = verdicts.filter(({ verdict }) => verdict.outcome !== "fail").map((found) => badge(found, terminal));
  if (short.length > 0) terminal.note(...wrap(short, terminal.width));
  for (const found of verdicts.filter(({ verdict }) => verdict.outcome === "fail")) {
    terminal.note(`${badge(found, terminal)}${paintNote("red", `: ${visible(found.verdict.reason)}`)}`);
  }
  for (const note of reply?.notes ?? []) terminal.note(paintNote("yellow", `(${visible(note)})`));
}

/** Why a reply that was just written ended, where it was not the model that ended it. */
export function noteEnd({ reply }: Version, terminal: Terminal): void {
  const { paintNote } = terminal;
  if (reply?.finishReason === "length") {
    const tokens = plural(reply.usage.generatedTokens, "token");
    terminal.note(paintNote("yellow", `(stopped after ${tokens}: --max-tokens sets how many)`));
  }
  if (reply?.finishReason === "context") {
    terminal.note(paintNote("yellow", "(the context is full: the translation ends here)"));
  }
}

function actVerdict(kind: string, verdict: Verdict): StateVerdict {
  return { rule: kind, verdict };
}

function badge({ rule, verdict }: StateVerdict, { paintNote }: Terminal): string {
  const [sign, look] = badges[verdict.outcome];
  return paintNote(look, `${sign} ${visible(rule)}`);
}

/** Pieces on as few lines as they fit, two spaces apart. */
function wrap(pieces: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last === undefined || textWidth(last) + 2 + textWidth(piece) > width) lines.push(piece);
    else lines[lines.length - 1] = `${last}  ${piece}`;
  }
  return lines;
}

/** Translations of one beam search, best first, with what they are ranked by. */
export async function printHypotheses(hypotheses: readonly ScoredText[], terminal: Terminal): Promise<void> {
  for (const [index, { text, score }] of hypotheses.entries()) {
    const writer = new TextWriter(terminal);
    await writer.push(`${String(index + 1).padStart(3)}  ${text}  `);
    await writer.push(score.toFixed(2), "dim");
    await writer.end();
  }
}

interface ScoredText {
  readonly text: string;
  readonly score: number;
}

/** How many of the words that the model is least sure of are listed. */
const leastSure = 5;

/** A translation with each word in the colour of how sure the model is of it. */
export async function printWords(text: string, words: readonly WordScore[], terminal: Terminal): Promise<void> {
  const { paint } = terminal;
  const writer = new TextWriter(terminal);
  let end = 0;
  for (const word of words) {
    await writer.push(text.slice(end, word.start));
    await writer.push(word.text, lookOf(Math.log(word.confidence)));
    end = word.end;
  }
  await writer.push(text.slice(end));
  await writer.end();
  const legend = [
    [0.8, "80 % sure and more"],
    [0.4, "40 %"],
    [0.1, "10 %"],
    [0, "less"],
  ] as const;
  await terminal.print(
    legend.map(([confidence, label]) => paint(lookOf(Math.log(confidence)), `■ ${label}`)).join("  "),
  );
  const numbered = words.map(({ text: word, confidence }, index) => ({ word, confidence, number: index + 1 }));
  const doubtful = numbered.sort((a, b) => a.confidence - b.confidence).slice(0, leastSure);
  const listed = doubtful.map(({ word, confidence, number }) => {
    const share = formatProbability(Math.log(confidence)).trim();
    return `${number} ${paint(lookOf(Math.log(confidence)), visible(word))} ${share}`;
  });
  await terminal.print(...wrap([paint("dim", "least sure:"), ...listed], terminal.width));
}
