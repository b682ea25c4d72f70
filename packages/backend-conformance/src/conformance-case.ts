import type { TensorType } from "@bayling/core/backend";

/**
 * One thing that the contract promises. Cases are plain functions, so that the suite can be tested by running them
 * against backends that are broken on purpose; `describeBackend` and `describeDevice` only register them.
 */
export interface ConformanceCase<Context> {
  /** `group/what holds`: the group is a behaviour or an operation and makes a row of the support table. */
  readonly name: `${string}/${string}`;
  /** The case is about this type of weights; it gets a row of its own. */
  readonly weightType?: TensorType | undefined;
  /** Resolves when the promise holds. Throws {@link CaseSkipped} when the backend declares that it does not apply. */
  readonly run: (context: Context) => Promise<void>;
}

/** The case does not apply, for a reason that the backend or its author declares. */
export class CaseSkipped extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "CaseSkipped";
  }
}

/** What became of a case. */
export interface CaseOutcome {
  readonly name: string;
  readonly weightType?: TensorType | undefined;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it was skipped, or how it failed. */
  readonly reason?: string | undefined;
  /** The largest error that was measured. */
  readonly nmse?: number | undefined;
}

/** `fork` of `fork/child is independent`. */
export function groupOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}
