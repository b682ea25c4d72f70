import type { ChatMessage } from "@bayling/core";
import { type RunItemsOptions, runItems } from "../run-items.ts";
import type { ChatSystem } from "../systems/chat-system.ts";
import type { Question } from "./question.ts";

/** The replies of a system to the turns of a question, in the fields of the published responses. */
export interface QuestionResponse {
  readonly question_id: number | string;
  readonly category: string;
  readonly text: readonly string[];
  readonly response: readonly string[];
}

/** Asks every question; in those of several turns the system reads its own replies before the next one. */
export function answerQuestions(
  system: ChatSystem,
  questions: readonly Question[],
  options: Omit<RunItemsOptions<QuestionResponse>, "concurrency"> = {},
): Promise<QuestionResponse[]> {
  const answer = async ({ id, category, turns }: Question, signal: AbortSignal): Promise<QuestionResponse> => {
    const messages: ChatMessage[] = [];
    for (const content of turns) {
      messages.push({ role: "user", content });
      messages.push({ role: "assistant", content: await system.reply(messages, { signal }) });
    }
    const response = messages.filter(({ role }) => role === "assistant").map(({ content }) => content);
    return { question_id: id, category, text: turns, response };
  };
  return runItems(questions, ({ id }) => String(id), answer, { ...options, concurrency: system.concurrency });
}
