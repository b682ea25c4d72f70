import type { LanguageModelV3Message, LanguageModelV3Prompt } from "@ai-sdk/provider";
import { BayLingError } from "../errors.ts";
import type { ChatMessage } from "../prompt/chat-template.ts";
import { unsupported } from "./ai-sdk-error.ts";

/** What a prompt of the AI SDK says, in the words of a chat. */
export interface ReadPrompt {
  readonly system: string | undefined;
  readonly messages: readonly ChatMessage[];
  /** Something was left out that a model of text does not need. */
  readonly leftOut: readonly string[];
}

type ContentPart = Exclude<LanguageModelV3Message["content"], string>[number];

/**
 * Texts of one message stand under each other, as most servers have it. What the model would have to see to answer
 * rightly, a file or the result of a tool, is refused.
 * @throws AI_UnsupportedFunctionalityError; BayLingError `argument-invalid` for what is no dialogue
 */
export function readPrompt(prompt: LanguageModelV3Prompt): ReadPrompt {
  const messages: ChatMessage[] = [];
  const system: string[] = [];
  const leftOut = new Set<string>();
  for (const [index, message] of prompt.entries()) {
    switch (message.role) {
      case "system":
        if (messages.length > 0) throw systemTooLate(index);
        system.push(message.content);
        break;
      case "user":
      case "assistant":
        messages.push({ role: message.role, content: textOf(message.content, leftOut) });
        break;
      default:
        throw unsupported(
          `${message.role} messages`,
          "the model knows no tools, so it cannot be told what one returned",
        );
    }
  }
  return { system: system.length === 0 ? undefined : system.join("\n\n"), messages, leftOut: [...leftOut] };
}

function textOf(parts: readonly ContentPart[], leftOut: Set<string>): string {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type === "text") texts.push(part.text);
    else if (part.type === "reasoning") leftOut.add("reasoning");
    else if (part.type === "file") {
      throw unsupported(`file parts (${part.mediaType})`, `the model reads text only, and no ${part.mediaType}`);
    } else throw unsupported(`${part.type} parts`, "the model knows no tools");
  }
  return texts.join("\n");
}

function systemTooLate(index: number): BayLingError {
  return new BayLingError("argument-invalid", {
    field: `messages[${index}].role`,
    problem: "chat templates have no place for a system message in the middle",
    expected: "system messages before all others",
    received: `one after ${index} others`,
  });
}
