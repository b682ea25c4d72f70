import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { TextPart } from "../tokenizer/tokenizer.ts";
import type { ChatMessage, ChatTemplate, RenderOptions } from "./chat-template.ts";

export interface FitDialogueOptions {
  readonly template: ChatTemplate;
  /** The most tokens that the prompt may have: those of the context, less the room for a reply. */
  readonly maxTokens: number;
  /** How many tokens a prompt has. */
  readonly count: (parts: readonly TextPart[]) => number;
  readonly render?: RenderOptions | undefined;
}

export interface FittedDialogue {
  /** The system prompt and the messages that are left. */
  readonly messages: readonly ChatMessage[];
  /** How many messages were dropped: the oldest after the system prompt. */
  readonly dropped: number;
  /** Of the prompt. */
  readonly tokens: number;
}

/**
 * What of a dialogue fits into a context. The oldest turns go, a question together with its reply, but neither the system
 * prompt nor the user's last words. When something has to go, a quarter of the room is made free if it can be: else the
 * next turn would drop again, and every prompt would begin differently and be evaluated anew.
 *
 * Renders the whole dialogue a number of times that grows with the logarithm of its length.
 * @throws BayLingError `context-full` when not even the last words fit, `argument-invalid`, `template-invalid`
 */
export function fitDialogue(
  messages: readonly ChatMessage[],
  { template, maxTokens, count, render }: FitDialogueOptions,
): FittedDialogue {
  if (!Number.isInteger(maxTokens)) throw invalidArgument("maxTokens", "an integer", maxTokens);
  const tokensOf = (kept: readonly ChatMessage[]) => count(template.render(kept, render));
  const all = tokensOf(messages);
  if (all <= maxTokens) return { messages, dropped: 0, tokens: all };
  const { systemMessages, starts } = cutsOf(messages);
  const keptFrom = (start: number) => [...messages.slice(0, systemMessages), ...messages.slice(start)];
  const measured = new Map<number, number>();
  const measure = (cut: number): number => {
    const known = measured.get(cut) ?? tokensOf(keptFrom(starts[cut]!));
    measured.set(cut, known);
    return known;
  };
  const last = starts.length - 1;
  const fewest = last < 0 ? all : measure(last);
  if (fewest > maxTokens) {
    throw new BayLingError("context-full", {
      problem: "the system prompt and the last message alone are too long for the context",
      expected: `at most ${maxTokens} tokens, which leaves room for a reply`,
      received: `${fewest}`,
      remedy: "Shorten the message, or load the model with a greater contextLength",
    });
  }
  const wanted = fewest <= maxTokens * 0.75 ? maxTokens * 0.75 : maxTokens;
  let low = 0;
  for (let high = last; low < high; ) {
    const middle = (low + high) >> 1;
    if (measure(middle) <= wanted) high = middle;
    else low = middle + 1;
  }
  const start = starts[low]!;
  return { messages: keptFrom(start), dropped: start - systemMessages, tokens: measure(low) };
}

/** Where a dialogue can begin anew: at messages of the user that follow one of the assistant. */
function cutsOf(messages: readonly ChatMessage[]): {
  readonly systemMessages: number;
  readonly starts: readonly number[];
} {
  const first = messages.findIndex(({ role }) => role !== "system");
  const starts: number[] = [];
  for (let index = first + 1; index < messages.length; index++) {
    if (messages[index]!.role === "user" && messages[index - 1]!.role === "assistant") starts.push(index);
  }
  return { systemMessages: first, starts };
}
