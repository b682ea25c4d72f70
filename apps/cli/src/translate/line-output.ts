import type { SegmentContext } from "@bayling/core/interaction";

/** What is kept of a line that is done. */
export interface LineRecord {
  readonly line: number;
  /** What stands in the output for it, its line break included. */
  readonly written: string;
  /** What later lines see of it. */
  readonly context: readonly SegmentContext[];
  /** Where it stands in the input, and why it could not be translated. */
  readonly failure?: LineFailure | undefined;
  /** Where it stands in the input, when a check of its translation fails. */
  readonly doubt?: string | undefined;
}

export interface LineFailure {
  readonly place: string;
  readonly reason: string;
}

/** Where translations go. */
export interface LineOutput {
  /** Lines that a run before has written already, in order. */
  readonly done: readonly Omit<LineRecord, "written">[];
  write(record: LineRecord): Promise<void>;
  /** All lines are written. */
  complete(): Promise<void>;
  /** Frees what it holds; what was written stays. */
  close(): Promise<void>;
}
