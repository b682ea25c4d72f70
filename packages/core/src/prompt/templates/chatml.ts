import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/** ChatML (OpenAI 2023), which Qwen, Hermes, Tower and EuroLLM speak. */
export const chatMlTemplate: ChatTemplate = createChatMlTemplate();

/**
 * ChatML with a system prompt of its own, as some models have one: Qwen 2.5's is
 * `You are Qwen, created by Alibaba Cloud. You are a helpful assistant.`
 */
export function createChatMlTemplate(defaultSystemPrompt?: string): ChatTemplate {
  return createTurnTemplate({
    name: "chatml",
    defaultSystemPrompt,
    system: surround("system"),
    user: surround("user"),
    assistant: surround("assistant"),
    stopTokens: ["<|im_end|>", "<|endoftext|>"],
    controlTokens: ["<|im_start|>", "<|im_end|>"],
  });
}

function surround(role: string): { readonly before: string; readonly after: string } {
  return { before: `<|im_start|>${role}\n`, after: "<|im_end|>\n" };
}
