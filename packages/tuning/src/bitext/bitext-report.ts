import { hash32 } from "./hashes.ts";

/** Some of what was counted, as a person wants to see it. */
export interface CountedSamples<Sample> {
  count: number;
  /** A few, chosen by hash, so that they come from all over and are the same in every run. */
  readonly samples: Sample[];
}

/** A line that could not be read. */
export interface ProblemSample {
  /** Counted from 1. */
  readonly line: number;
  readonly detail: string;
}

/**
 * Why a line gives no pair. `encoding`: broken UTF-8; `too-long`: longer than any sentence; `blank`; `ragged`: another
 * number of columns than the first line has; `quotes`: a quoted column does not end; `json`; `field`: not there, or no
 * text; `language`: a unit lacks one of the two; `entity`: one that XML does not know, taken as it stands.
 */
export type ReadProblem =
  | "encoding"
  | "too-long"
  | "blank"
  | "ragged"
  | "quotes"
  | "json"
  | "field"
  | "language"
  | "entity";

export interface FileReport {
  readonly file: string;
  readonly corpus: string;
  readonly license: string | undefined;
  /** As stored: of a compressed file the compressed ones. */
  bytes: number;
  lines: number;
  pairs: number;
  readonly problems: Partial<Record<ReadProblem, CountedSamples<ProblemSample>>>;
}

/** A pair that a filter rejected. */
export interface RejectSample {
  readonly source: string;
  readonly target: string;
  readonly file: string;
  readonly line: number;
  /** One clause that tells a person. */
  readonly detail: string;
}

/** What intake and filters did, plain data for the card. They add to it as pairs go by. */
export interface BitextReport {
  readonly files: FileReport[];
  /** What was switched on, by step or filter, and how it was set. */
  readonly settings: Record<string, unknown>;
  /** How many texts each step of the normalisation changed. */
  readonly normalised: Record<string, number>;
  /** Texts that were converted to the script, by tag. */
  readonly converted: Record<string, number>;
  /** Pairs that the filters were given, and kept. */
  read: number;
  kept: number;
  /** In the order in which the filters are asked; a pair counts for the first that rejects it. */
  readonly rejected: Record<string, CountedSamples<RejectSample>>;
}

export function createBitextReport(): BitextReport {
  return { files: [], settings: {}, normalised: {}, converted: {}, read: 0, kept: 0, rejected: {} };
}

const mostSamples = 5;
const longestSample = 200;

/** Cut where it is long: reports are read by people, and a slice would keep the whole text alive. */
export function shortSample(text: string): string {
  return text.length <= longestSample ? text : `${text.slice(0, longestSample)}…`;
}

/** The samples of a list with their hashes, which a report has no use for. */
const hashes = new WeakMap<object, number[]>();

/** Counts one, and keeps it as a sample if its hash is among the lowest. */
export function count<Sample>(counted: CountedSamples<Sample>, key: string, sample: () => Sample): void {
  counted.count++;
  let known = hashes.get(counted);
  if (known === undefined) {
    known = [];
    hashes.set(counted, known);
  }
  const hash = hash32(key, 1);
  let place = known.length;
  while (place > 0 && known[place - 1]! > hash) place--;
  if (place >= mostSamples) return;
  known.splice(place, 0, hash);
  counted.samples.splice(place, 0, sample());
  known.length = Math.min(known.length, mostSamples);
  counted.samples.length = Math.min(counted.samples.length, mostSamples);
}

/** Counts a line that gives no pair. */
export function countProblem(report: FileReport, problem: ReadProblem, line: number, detail: string): void {
  report.problems[problem] ??= { count: 0, samples: [] };
  count(report.problems[problem], `${line}`, () => ({ line, detail: shortSample(detail) }));
}
