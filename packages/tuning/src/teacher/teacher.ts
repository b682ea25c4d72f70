import type { ChatMessage } from "@bayling/core";
import type { JsonSchema } from "@bayling/core/constraints";

/** One question to a teacher: all that its reply depends on. */
export interface TeacherRequest {
  readonly messages: readonly ChatMessage[];
  /** Tokens of the reply. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  /** What the messages ask for. A teacher that can write nothing else does so; of others it is checked. */
  readonly schema?: JsonSchema | undefined;
}

export interface TeacherReply {
  readonly text: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A model that writes and judges: behind an endpoint, or on this machine. */
export interface Teacher {
  /** As data sets name it. */
  readonly name: string;
  /** What else decides its replies; no secrets. */
  readonly settings: Readonly<Record<string, string | number | undefined>>;
  /** How many questions it answers at a time. */
  readonly concurrency: number;
  /**
   * @param signal ends it, also while it waits
   * @throws BayLingError `endpoint-failed`, errors of a model; the signal's reason
   */
  ask(request: TeacherRequest, signal: AbortSignal | undefined): Promise<TeacherReply>;
}

/**
 * About how many tokens a text has, before any tokenizer has seen it: a character of Chinese or Japanese each, four
 * letters of other scripts each. For budgets and estimates, on the safe side.
 */
export function estimateTokens(text: string): number {
  const wide = text.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/gu)?.length ?? 0;
  return Math.ceil(wide * 1.2 + (text.length - wide) / 3.5);
}

/** About how many tokens a request sends. Templates add a few around each message. */
export function estimatePrompt({ messages }: TeacherRequest): number {
  return messages.reduce((sum, { content }) => sum + estimateTokens(content) + 6, 0);
}
