import { chrf } from "../chrf.ts";
import { scoreCorpus } from "../measure.ts";
import type { BenchmarkDialogue, BenchmarkTurn } from "./interactive-benchmark.ts";

/** What a system does when it is steered; shares of 100, NaN where there was nothing to count. */
export interface BenchmarkScores {
  readonly turns: number;
  /** Of turns whose act can be decided. */
  readonly actSuccess: number;
  /** Of turns; those without a verdict count in no share. */
  readonly undecided: number;
  /** Of the words that the reference revision left alone, those that the reply left too. */
  readonly untouchedKept: number;
  /** Of the rules of earlier turns, those that the reply keeps. */
  readonly carriedKept: number;
  /** Of all replies, to the references. */
  readonly chrf: number;
}

export interface BenchmarkReport extends BenchmarkScores {
  readonly dialogues: number;
  readonly byAct: ReadonlyMap<string, BenchmarkScores>;
  /** Undefined where the system suggests nothing. */
  readonly typing: TypingScores | undefined;
}

export interface TypingScores {
  /** Of 100 words, those that were suggested before a letter of them was typed. */
  readonly nextWordAccuracy: number;
  /** Keys pressed over characters of the text; 1 is typing without suggestions. */
  readonly keystrokeRatio: number;
}

export function reportBenchmark(dialogues: readonly BenchmarkDialogue[]): BenchmarkReport {
  const turns = dialogues.flatMap((dialogue) => dialogue.turns);
  const kinds = [...new Set(turns.map(({ kind }) => kind))].sort();
  return {
    ...{ dialogues: dialogues.length, ...scoreTurns(turns), typing: scoreTyping(dialogues) },
    byAct: new Map(kinds.map((kind) => [kind, scoreTurns(turns.filter((turn) => turn.kind === kind))])),
  };
}

function scoreTurns(turns: readonly BenchmarkTurn[]): BenchmarkScores {
  const decided = turns.filter(({ outcome }) => outcome !== "unknown");
  const replies = turns.map(({ reply }) => reply);
  const references = turns.map(({ reference }) => [reference]);
  return {
    turns: turns.length,
    actSuccess: share(
      decided,
      ({ outcome }) => (outcome === "pass" ? 1 : 0),
      () => 1,
    ),
    undecided: turns.length - decided.length,
    untouchedKept: share(
      turns,
      ({ words }) => words?.kept ?? 0,
      ({ words }) => words?.untouched ?? 0,
    ),
    carriedKept: share(
      turns,
      (turn) => turn.carriedKept,
      (turn) => turn.carried,
    ),
    chrf: turns.length === 0 ? Number.NaN : scoreCorpus(chrf(), replies, references),
  };
}

function scoreTyping(dialogues: readonly BenchmarkDialogue[]): TypingScores | undefined {
  const typed = dialogues.map(({ typing }) => typing).filter((typing) => typing !== undefined);
  if (typed.length === 0) return undefined;
  return {
    nextWordAccuracy: share(
      typed,
      ({ wordsSuggested }) => wordsSuggested,
      ({ words }) => words,
    ),
    keystrokeRatio:
      share(
        typed,
        ({ keystrokes }) => keystrokes,
        ({ characters }) => characters,
      ) / 100,
  };
}

function share<Item>(items: readonly Item[], part: (item: Item) => number, whole: (item: Item) => number): number {
  const sum = (count: (item: Item) => number) => items.reduce((total, item) => total + count(item), 0);
  const all = sum(whole);
  return all === 0 ? Number.NaN : (100 * sum(part)) / all;
}
