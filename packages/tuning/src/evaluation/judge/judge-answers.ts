import type { QuestionResponse } from "../bayling-80/answer-questions.ts";
import { type RunItemsOptions, runItems } from "../run-items.ts";
import type { ChatSystem } from "../systems/chat-system.ts";
import { judgePrompt } from "./judge-prompt.ts";
import { type JudgedQuestion, type JudgeReport, tallyJudgements } from "./judge-tally.ts";
import { parseVerdictScores, type ScorePair } from "./verdict-scores.ts";

export interface JudgeAnswersOptions extends Omit<RunItemsOptions<Reviews>, "concurrency"> {
  /** Reviews of each order. More than one needs a judge that draws. Default 1. */
  readonly samples?: number | undefined;
}

/** What the judge wrote about one question: in each order, as often as it was asked. */
export interface Reviews {
  /** The first system's answer stands first. */
  readonly forward: readonly string[];
  /** It stands second. */
  readonly swapped: readonly string[];
}

export interface JudgedComparison {
  readonly report: JudgeReport;
  /** Questions without a single review that has scores in it. */
  readonly unreadable: readonly (number | string)[];
  /** How often the order alone turned a win into a loss. */
  readonly swayedByOrder: number;
}

/**
 * Has a judge compare two systems question by question, with each answer standing first as often as the other: judges
 * prefer a place. A question's scores are means over all reviews that can be read.
 */
export async function judgeAnswers(
  judge: ChatSystem,
  ours: readonly QuestionResponse[],
  theirs: readonly QuestionResponse[],
  { samples = 1, ...options }: JudgeAnswersOptions = {},
): Promise<JudgedComparison> {
  const others = new Map(theirs.map((response) => [response.question_id, response]));
  const both = ours.filter(({ question_id: id }) => others.has(id));
  const review = async (response: QuestionResponse, signal: AbortSignal): Promise<Reviews> => {
    const { text: turns, response: first } = response;
    const second = others.get(response.question_id)!.response;
    const ask = (prompt: ReturnType<typeof judgePrompt>) =>
      Promise.all(Array.from({ length: samples }, (_, seed) => judge.reply(prompt, { seed, signal })));
    const forward = await ask(judgePrompt({ turns, first, second }));
    return { forward, swapped: await ask(judgePrompt({ turns, first: second, second: first })) };
  };
  const reviews = await runItems(both, ({ question_id: id }) => String(id), review, {
    ...options,
    concurrency: Math.max(1, Math.floor(judge.concurrency / samples)),
  });
  return summarize(both, reviews);
}

function summarize(questions: readonly QuestionResponse[], reviews: readonly Reviews[]): JudgedComparison {
  const judged: JudgedQuestion[] = [];
  const unreadable: (number | string)[] = [];
  let swayedByOrder = 0;
  for (const [index, { forward, swapped }] of reviews.entries()) {
    const { question_id: id, category } = questions[index]!;
    const first = forward.map(parseVerdictScores).filter((scores) => scores !== undefined);
    const second = swapped
      .map(parseVerdictScores)
      .flatMap((scores) => (scores ? [[scores[1], scores[0]] as const] : []));
    const [before, after] = [meanOf(first), meanOf(second)];
    const mean = meanOf([before, after].filter((scores) => scores !== undefined));
    if (mean === undefined) unreadable.push(id);
    else judged.push({ category, scores: mean });
    if (before && after && (before[0] - before[1]) * (after[0] - after[1]) < 0) swayedByOrder++;
  }
  return { report: tallyJudgements(judged), unreadable, swayedByOrder };
}

function meanOf(scores: readonly ScorePair[]): ScorePair | undefined {
  if (scores.length === 0) return undefined;
  const sum = (which: 0 | 1) => scores.reduce((total, pair) => total + pair[which], 0);
  return [sum(0) / scores.length, sum(1) / scores.length];
}
