import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/**
 * BayLing 7B and 13B, and BayLing 2 on Llama 2 (Zhang et al. 2023, arXiv 2306.10968; 2024, arXiv 2411.16300). In the
 * original an empty message leaves its turn open; here it is an empty turn. A reply ends with the end-of-sequence token.
 */
export const baylingTemplate: ChatTemplate = createTurnTemplate({
  name: "bayling",
  defaultSystemPrompt:
    "I am an intelligent language assistant developed by the NLP Group of ICT/CAS.\n" +
    "Below is a dialog consisting of instructions and responses. Write a response that completes the request.",
  system: { before: "", after: "\n\n" },
  user: { before: "### Instruction:\n", after: "\n" },
  assistant: { before: "### Response:\n", after: "</s>\n" },
  markers: ["### Instruction:", "### Response:"],
  controlTokens: ["</s>"],
});
