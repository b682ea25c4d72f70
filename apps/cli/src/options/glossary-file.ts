import { readFile } from "node:fs/promises";
import { type GlossaryEntry, glossary } from "@bayling/core/interaction";
import { UsageError } from "../exit-codes.ts";
import { describeFileError } from "../output/file-error.ts";
import { visible } from "../output/text-width.ts";

/**
 * The entries of a glossary: a line for each, the source term, a tab, and what it is translated by, several separated by
 * `|`. Empty lines and lines that begin with `#` say nothing.
 * @throws UsageError with the number of the line that cannot be read
 */
export async function readGlossary(path: string): Promise<readonly GlossaryEntry[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`--glossary ${visible(path)}: ${describeFileError(error)}`);
  });
  return parseGlossary(bytes, path);
}

export function parseGlossary(bytes: Uint8Array, path: string): readonly GlossaryEntry[] {
  const entries: GlossaryEntry[] = [];
  const lineOf = new Map<string, number>();
  let number = 0;
  for (const line of linesOf(bytes)) {
    number++;
    const refuse = (problem: string) => new UsageError(`${visible(path)}:${number}: ${problem}`);
    const text = readLine(line);
    if (text === undefined) throw refuse("the line is not UTF-8: save the glossary as UTF-8");
    if (text.trim() === "" || text.trimStart().startsWith("#")) continue;
    const [source = "", translations = "", ...rest] = text.split("\t");
    if (!text.includes("\t")) throw refuse(`expected SOURCE, a tab and TARGET, but there is no tab: ${quoted(text)}`);
    if (rest.some((cell) => cell.trim() !== "")) {
      throw refuse(`expected SOURCE, a tab and TARGET[|TARGET…], but there is a second tab: ${quoted(text)}`);
    }
    const before = lineOf.get(source.trim());
    if (before !== undefined)
      throw refuse(`${quoted(source.trim())} stands in line ${before} already: join the two with |`);
    entries.push(readEntry(source.trim(), translations.split("|"), refuse));
    lineOf.set(source.trim(), number);
  }
  return entries;
}

function readEntry(source: string, targets: readonly string[], refuse: (problem: string) => UsageError): GlossaryEntry {
  if (source === "") throw refuse("the source term is missing");
  const given = targets.map((target) => target.trim());
  if (given.includes("")) throw refuse(`a translation of ${quoted(source)} is missing`);
  try {
    return glossary([{ source, targets: given }]).data.entries[0]!;
  } catch (error) {
    throw refuse(`not a term: ${(error as Error).message}`);
  }
}

/** Lines as bytes, so that one that is not UTF-8 can be named. */
function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/** Without a byte order mark. Undefined for what is not UTF-8. */
function readLine(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  const shown = visible(text);
  return `"${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}"`;
}
