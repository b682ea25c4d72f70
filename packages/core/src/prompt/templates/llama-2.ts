import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/**
 * Llama 2 Chat (Meta's model card and reference code): every pair of turns is a sequence of its own. Meta's long system
 * prompt is none of the model's; without one it was taught, too.
 */
export const llama2Template: ChatTemplate = createTurnTemplate({
  name: "llama-2",
  system: { before: "<<SYS>>\n", after: "\n<</SYS>>\n\n", within: "first-user-turn" },
  user: { before: "[INST] ", after: " [/INST]" },
  assistant: { before: "", after: " </s>" },
  between: "<s>",
  trims: true,
  spaceBeforeReply: true,
  markers: ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"],
  controlTokens: ["<s>", "</s>"],
});
