import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/** Vicuna 1.1, 1.3 and 1.5 (FastChat's `vicuna_v1.1`). */
export const vicunaTemplate: ChatTemplate = createTurnTemplate({
  name: "vicuna",
  defaultSystemPrompt:
    "A chat between a curious user and an artificial intelligence assistant. " +
    "The assistant gives helpful, detailed, and polite answers to the user's questions.",
  system: { before: "", after: " " },
  user: { before: "USER: ", after: " " },
  assistant: { before: "ASSISTANT:", after: "</s>" },
  spaceBeforeReply: true,
  markers: ["USER:", "ASSISTANT:"],
  controlTokens: ["</s>"],
});
