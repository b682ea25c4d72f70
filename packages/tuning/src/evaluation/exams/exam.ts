import { BayLingError } from "@bayling/core";
import { type RunItemsOptions, runItems } from "../run-items.ts";
import type { ChatSystem } from "../systems/chat-system.ts";
import { extractChoice } from "./choice-extraction.ts";

/** A question of an exam, in the layout of AGIEval's inputs. */
export interface ExamQuestion {
  readonly id: string;
  /** What the system is asked, choices and the form of the answer included. */
  readonly prompt: string;
  /** A letter, or several; or the text of an answer to fill in. `undefined` where the file has none. */
  readonly gold: string | undefined;
}

export interface ExamResult {
  readonly questions: number;
  readonly correct: number;
  /** Replies without a choice in them; they are wrong. */
  readonly unreadable: number;
  /** Of 100, of the questions that have a gold answer; NaN where none has. */
  readonly accuracy: number;
}

export interface ExamReply {
  readonly reply: string;
  readonly choice: string | undefined;
}

/**
 * Reads questions, one JSON object a line: `context` (or `prompt`), `question_id`, and `gold`, `label` or `answer` where
 * there is one.
 * @throws BayLingError `source-not-supported` with the line that is something else
 */
export function parseExam(lines: string, source: string): ExamQuestion[] {
  return lines
    .replace(/^\ufeff/u, "")
    .split(/\r?\n/u)
    .flatMap((line, index) => (line.trim() === "" ? [] : [parseQuestion(line, `${source}:${index + 1}`, index)]));
}

function parseQuestion(line: string, source: string, index: number): ExamQuestion {
  let row: Record<string, unknown> = {};
  try {
    row = Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    // Said below, with the line.
  }
  const prompt = row.context ?? row.prompt;
  const id = row.question_id ?? index;
  const gold = row.gold ?? row.label ?? row.answer;
  if (typeof prompt !== "string" || !["string", "number"].includes(typeof id)) {
    throw new BayLingError("source-not-supported", {
      source,
      problem: "this is no question of an exam",
      expected: 'a JSON object with "context" or "prompt", and "question_id"',
      received: line,
    });
  }
  const answers = Array.isArray(gold) ? gold.join("") : gold;
  return { id: String(id), prompt, gold: typeof answers === "string" ? answers.trim() : undefined };
}

/** Asks every question by itself. */
export function takeExam(
  system: ChatSystem,
  questions: readonly ExamQuestion[],
  options: Omit<RunItemsOptions<ExamReply>, "concurrency"> = {},
): Promise<ExamReply[]> {
  const answer = async ({ prompt }: ExamQuestion, signal: AbortSignal): Promise<ExamReply> => {
    const reply = await system.reply([{ role: "user", content: prompt }], { signal });
    return { reply, choice: extractChoice(reply) };
  };
  return runItems(questions, ({ id }) => id, answer, { ...options, concurrency: system.concurrency });
}

/** @param replies in the order of the questions */
export function markExam(questions: readonly ExamQuestion[], replies: readonly ExamReply[]): ExamResult {
  const marked = questions.flatMap(({ gold }, index) => (gold === undefined ? [] : [{ gold, ...replies[index]! }]));
  const correct = marked.filter(({ gold, reply, choice }) => isCorrect(gold, reply, choice)).length;
  const unreadable = replies.filter(({ choice }) => choice === undefined).length;
  return {
    questions: questions.length,
    correct,
    unreadable,
    accuracy: marked.length === 0 ? Number.NaN : (100 * correct) / marked.length,
  };
}

function isCorrect(gold: string, reply: string, choice: string | undefined): boolean {
  const letters = gold.match(/^[(（[]?([A-G]+)[)）\]]?$/u)?.[1];
  if (letters !== undefined) return choice === [...letters].sort().join("");
  // A gap to fill: the answer itself, not as a part of a longer number or word.
  const text = gold.replace(/\s+/gu, "");
  const found = reply.replace(/\s+/gu, "").indexOf(text);
  if (text === "" || found < 0) return false;
  const around = reply.replace(/\s+/gu, "");
  return !/[\p{N}.]/u.test(around[found - 1] ?? "") && !/\p{N}/u.test(around[found + text.length] ?? "");
}
