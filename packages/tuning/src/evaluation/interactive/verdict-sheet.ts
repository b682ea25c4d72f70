import { BayLingError } from "@bayling/core";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { Random } from "../../random.ts";

/** A reply to an instruction, and what the verifier said of it. */
export interface VerdictItem {
  readonly id: string;
  /** Of the act. */
  readonly kind: string;
  readonly source: string;
  /** The translation before. */
  readonly before: string;
  readonly instruction: string;
  readonly reply: string;
  /** Does the reply do what was asked? */
  readonly outcome: "pass" | "fail" | "unknown";
}

/** How far verifiers and people agree about replies; shares of 100, NaN where there was nothing to count. */
export interface VerdictAgreement {
  /** Items that a person judged and the verifier decided. */
  readonly judged: number;
  /** Items that a person judged and the verifier did not decide; they count in neither of the next two. */
  readonly undecided: number;
  /** Of the replies that the verifier passes, those that a person accepts. */
  readonly precision: number;
  /** Of the replies that a person accepts, those that the verifier passes. */
  readonly recall: number;
  /** Of all replies that a person judged, those that they accept. */
  readonly accepted: number;
}

export interface SheetAgreement extends VerdictAgreement {
  readonly byKind: ReadonlyMap<string, VerdictAgreement>;
  readonly problems: readonly string[];
}

const columns = ["item", "source", "before", "instruction", "reply", "accept (y/n)", "remarks"] as const;

/**
 * A sheet, tab-separated for a spreadsheet, on which a person judges replies without knowing the verdicts: drawn from all
 * items, as many that passed as that failed while there are enough of both.
 */
export function makeVerdictSheet(
  items: readonly VerdictItem[],
  { size = 200, seed = 0 }: { readonly size?: number; readonly seed?: number } = {},
): string {
  const random = new Random(seed);
  const [passed, others] = [true, false].map((wanted) =>
    random.shuffle(items.filter(({ outcome }) => (outcome === "pass") === wanted)),
  ) as [VerdictItem[], VerdictItem[]];
  const half = Math.min(Math.ceil(size / 2), passed.length);
  const drawn = [...passed.slice(0, half), ...others, ...passed.slice(half)].slice(0, size);
  const rows = random
    .shuffle(drawn)
    .map(({ id, source, before, instruction, reply }) => [id, source, before, instruction, reply, "", ""]);
  return stringify([columns, ...rows], { delimiter: "\t", escape_formulas: true });
}

/**
 * Compares a sheet that was filled in with the verdicts.
 * @throws BayLingError `source-not-supported` for what is no such sheet
 */
export function readVerdictSheet(sheet: string, items: readonly VerdictItem[]): SheetAgreement {
  const known = new Map(items.map((item) => [item.id, item]));
  const problems: string[] = [];
  const judged: JudgedItem[] = [];
  for (const [index, row] of parseRows(sheet).entries()) {
    const [id, answer] = [row.item ?? "", (row["accept (y/n)"] ?? "").trim().toLowerCase()];
    const item = known.get(id);
    if (answer === "") continue;
    const isAccepted = /^(?:y|yes|j|ja|1|是)$/u.test(answer);
    if (item === undefined) problems.push(`row ${index + 2}: "${id}" is no item`);
    else if (!isAccepted && !/^(?:n|no|nein|0|否)$/u.test(answer))
      problems.push(`row ${index + 2}: "${answer}" is neither y nor n`);
    else judged.push({ isAccepted, outcome: item.outcome, kind: item.kind });
  }
  const kinds = [...new Set(judged.map(({ kind }) => kind))].sort();
  return {
    ...agreementOf(judged),
    byKind: new Map(kinds.map((kind) => [kind, agreementOf(judged.filter((item) => item.kind === kind))])),
    problems,
  };
}

interface JudgedItem extends Pick<VerdictItem, "kind" | "outcome"> {
  readonly isAccepted: boolean;
}

function agreementOf(judged: readonly JudgedItem[]): VerdictAgreement {
  const decided = judged.filter(({ outcome }) => outcome !== "unknown");
  const passed = decided.filter(({ outcome }) => outcome === "pass");
  const accepted = decided.filter(({ isAccepted }) => isAccepted);
  const both = passed.filter(({ isAccepted }) => isAccepted).length;
  const share = (part: number, whole: number) => (whole === 0 ? Number.NaN : (100 * part) / whole);
  return {
    ...{ judged: decided.length, undecided: judged.length - decided.length },
    ...{ precision: share(both, passed.length), recall: share(both, accepted.length) },
    accepted: share(judged.filter(({ isAccepted }) => isAccepted).length, judged.length),
  };
}

function parseRows(sheet: string): Record<string, string>[] {
  let rows: Record<string, string>[] = [];
  let problem: unknown;
  try {
    const options = {
      delimiter: "\t",
      bom: true,
      columns: true,
      relax_column_count: true,
      relax_quotes: true,
    } as const;
    rows = parse(sheet, options) as Record<string, string>[];
  } catch (cause) {
    problem = cause;
  }
  if (problem === undefined && (rows.length === 0 || Object.hasOwn(rows[0]!, columns[5]))) return rows;
  throw new BayLingError("source-not-supported", {
    field: "sheet",
    problem: "it cannot be read as such",
    expected: `a table with tabs between its cells and a column "${columns[5]}"`,
    cause: problem,
  });
}
