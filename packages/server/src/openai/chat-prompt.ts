import { BayLingError, type ChatMessage } from "@bayling/core";
import { templateStops } from "@bayling/core/prompt";
import type { ServedModel } from "../models.ts";

/** A message as requests hold it. */
export interface RequestMessage {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string | readonly { readonly text: string }[];
}

/**
 * The prompt for the next message, as the template of the model writes it: what people wrote stays text there. Nothing is
 * left out, as who asks keeps the dialogue.
 * @throws BayLingError `context-full`; `argument-invalid` and `template-invalid` for what is no dialogue
 */
export async function chatPrompt(
  { model, template }: ServedModel,
  messages: readonly RequestMessage[],
): Promise<readonly number[]> {
  // Each has a token at least; to render and count very many takes seconds.
  if (messages.length >= model.contextLength) throw tooLong(model.contextLength);
  const history = messages.map(toMessage);
  const chat = await model.chat({ history, template, defaults: { maxTokens: 1 } });
  try {
    const { tokens, forgotten } = chat.prompt();
    if (forgotten === 0) return tokens;
    throw tooLong(model.contextLength);
  } finally {
    chat.dispose();
  }
}

function tooLong(contextLength: number): BayLingError {
  return new BayLingError("context-full", {
    field: "messages",
    problem: "the messages do not fit into the context",
    expected: `at most ${contextLength - 1} tokens`,
    remedy: "Leave out the oldest messages",
  });
}

/** What ends a reply: of the template, and of the request. */
export function replyStops(
  { model, template }: ServedModel,
  stop: string | readonly string[] = [],
): { readonly stop: readonly string[]; readonly stopTokens: readonly number[] } {
  const own = templateStops(template, model.tokenizer);
  return { stop: [...own.stop, ...(typeof stop === "string" ? [stop] : stop)], stopTokens: own.stopTokens };
}

function toMessage({ role, content }: RequestMessage): ChatMessage {
  return {
    role: role === "developer" ? "system" : role,
    content: typeof content === "string" ? content : content.map(({ text }) => text).join(""),
  };
}
