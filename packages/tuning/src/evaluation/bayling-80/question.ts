import { BayLingError } from "@bayling/core";

/** A question of BayLing-80, or of any set in its format: one turn, or several that follow each other. */
export interface Question {
  readonly id: number | string;
  readonly category: string;
  readonly turns: readonly string[];
}

/**
 * Reads questions, one JSON object a line: `question_id`, `category`, `text` (a text, or the texts of the turns).
 * @throws BayLingError `source-not-supported` with the line that is something else
 */
export function parseQuestions(lines: string, source: string): Question[] {
  const rows = lines.replace(/^\ufeff/u, "").split(/\r?\n/u);
  return rows.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const row = parse(line);
    const turns = typeof row?.text === "string" ? [row.text] : row?.text;
    const isId = typeof row?.question_id === "number" || typeof row?.question_id === "string";
    if (isId && Array.isArray(turns) && turns.length > 0 && turns.every((turn) => typeof turn === "string")) {
      const category = typeof row.category === "string" ? row.category : "all";
      return [{ id: row.question_id as number | string, category, turns: turns as string[] }];
    }
    throw new BayLingError("source-not-supported", {
      source: `${source}:${index + 1}`,
      problem: "this is no question",
      expected: 'a JSON object with "question_id", and "text" that is a text or an array of texts',
      received: line,
    });
  });
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
