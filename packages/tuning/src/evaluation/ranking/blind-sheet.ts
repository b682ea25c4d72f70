import { createHash } from "node:crypto";
import { BayLingError } from "@bayling/core";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { Random } from "../../random.ts";

/** What is ranked: one request, or a dialogue, with each system's reply. */
export interface RankedItem {
  readonly id: string;
  readonly prompt: string;
  /** By system; all items have the same systems. */
  readonly replies: ReadonlyMap<string, string>;
}

export interface BlindSheet {
  /** Tab-separated, for a spreadsheet: fill in the columns of the criteria, and give it back. */
  readonly sheet: string;
  /** Which letter is which system, in JSON; the annotator must not see it. */
  readonly key: string;
}

/** A ranking of systems by one annotator: best first, equals together. */
export interface Ranking {
  readonly item: string;
  readonly criterion: string;
  readonly annotator: string;
  readonly order: readonly (readonly string[])[];
}

interface SheetKey {
  readonly criteria: readonly string[];
  /** Systems by item, in the order of the letters. */
  readonly items: Readonly<Record<string, readonly string[]>>;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** What the criteria were in the paper's human evaluation. */
export const defaultCriteria: readonly string[] = ["translation", "instruction following", "multi-turn"];

/**
 * A sheet on which annotators rank replies without knowing whose they are: the letters are dealt anew for each item.
 * @throws BayLingError `argument-invalid`
 */
export function makeBlindSheet(
  items: readonly RankedItem[],
  { criteria = defaultCriteria, seed = 0 }: { readonly criteria?: readonly string[]; readonly seed?: number } = {},
): BlindSheet {
  const systems = [...(items[0]?.replies.keys() ?? [])];
  if (systems.length < 2 || systems.length > letters.length) {
    throw new BayLingError("argument-invalid", {
      field: "items",
      problem: "there is nothing to rank",
      expected: `items with replies of 2 to ${letters.length} systems`,
      received: `${items.length} items, ${systems.length} systems`,
    });
  }
  const random = new Random(seed);
  const dealt: Record<string, readonly string[]> = {};
  const rows = items.map(({ id, prompt, replies }) => {
    const order = random.shuffle(systems);
    dealt[id] = order;
    const texts = order.map((system) => {
      const reply = replies.get(system);
      if (reply !== undefined) return reply;
      throw new BayLingError("argument-invalid", { field: id, problem: `there is no reply of ${system}` });
    });
    return [id, prompt, ...texts, ...criteria.map(() => "")];
  });
  const head = ["item", "prompt", ...systems.map((_, index) => letters[index]!), ...criteria.map(titleOf)];
  const sheet = stringify([head, ...rows], { delimiter: "\t", escape_formulas: true });
  return { sheet, key: `${JSON.stringify({ criteria, items: dealt } satisfies SheetKey, null, 2)}\n` };
}

function titleOf(criterion: string): string {
  return `${criterion} (best first, such as B>A=C)`;
}

/** The rankings of a sheet, and what is wrong with those that cannot be read. */
export interface SheetRankings {
  readonly rankings: readonly Ranking[];
  readonly problems: readonly string[];
}

/**
 * Reads a sheet that was filled in; cells that were left empty are no rankings.
 * @param annotator who filled it in; default: a mark made of the sheet
 * @throws BayLingError `source-not-supported` for what is no such sheet or key
 */
export function readBlindSheet(sheet: string, key: string, annotator?: string): SheetRankings {
  const { criteria, items } = parseKey(key);
  const [head = [], ...rows] = parseTable(sheet);
  const columns = criteria.map((criterion) => head.findIndex((title) => title.startsWith(`${criterion} (`)));
  const missing = criteria.find((_, index) => columns[index] === -1);
  if (head[0] !== "item" || missing !== undefined) throw unsupported("sheet", `a column "${missing ?? "item"}"`);
  const name = annotator ?? createHash("sha256").update(sheet).digest("hex").slice(0, 8);
  const rankings: Ranking[] = [];
  const problems: string[] = [];
  for (const row of rows) {
    const item = row[0] ?? "";
    const systems = Object.hasOwn(items, item) ? items[item]! : undefined;
    if (systems === undefined) {
      if (row.some((text) => text.trim() !== "")) problems.push(`"${item}" is no item of the key`);
      continue;
    }
    for (const [index, criterion] of criteria.entries()) {
      const text = row[columns[index]!] ?? "";
      if (text.trim() === "") continue;
      const order = parseOrder(text, systems);
      if (order === undefined) problems.push(`${item}, ${criterion}: "${text}" does not rank each letter once`);
      else rankings.push({ item, criterion, annotator: name, order });
    }
  }
  return { rankings, problems };
}

/** "B>A=C", also with commas for ">" and in lower case. */
function parseOrder(text: string, systems: readonly string[]): string[][] | undefined {
  const order = text
    .toUpperCase()
    .replace(/\s+/gu, "")
    .split(/[>,，＞]/u)
    .map((equals) => equals.split(/[=＝]/u).map((letter) => systems[letters.indexOf(letter)] ?? ""));
  const named = order.flat();
  const isComplete = named.length === systems.length && systems.every((system) => named.includes(system));
  return isComplete ? order : undefined;
}

function parseKey(key: string): SheetKey {
  try {
    const { criteria, items } = Object(JSON.parse(key)) as Partial<SheetKey>;
    const isStrings = (value: unknown) => Array.isArray(value) && value.every((text) => typeof text === "string");
    const isKey = isStrings(criteria) && typeof items === "object" && items !== null;
    if (isKey && Object.values(items).every(isStrings)) return { criteria: criteria!, items };
  } catch {
    // Said below.
  }
  throw unsupported("key", "the JSON file that was written with the sheet");
}

function unsupported(field: string, expected: string, cause?: unknown): BayLingError {
  return new BayLingError("source-not-supported", { field, problem: "it cannot be read as such", expected, cause });
}

/** Spreadsheets save rows as long as their longest, or shorter, and quote what they like. */
function parseTable(sheet: string): string[][] {
  try {
    const options = { delimiter: "\t", bom: true, relax_column_count: true, relax_quotes: true } as const;
    return parse(sheet, options) as string[][];
  } catch (cause) {
    throw unsupported("sheet", "a table with tabs between its cells", cause);
  }
}
