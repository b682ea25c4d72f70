import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/**
 * Alpaca (Taori et al. 2023), as its training code writes it: without a line break after `### Response:`. Models of other
 * recipes that were taught one write it themselves, at the beginning of the reply. Alpaca knows no second turn; further
 * ones look like the first.
 */
export const alpacaTemplate: ChatTemplate = createTurnTemplate({
  name: "alpaca",
  defaultSystemPrompt:
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.",
  system: { before: "", after: "\n\n" },
  user: { before: "### Instruction:\n", after: "\n\n" },
  assistant: { before: "### Response:", after: "</s>\n\n" },
  markers: ["### Instruction:", "### Input:", "### Response:"],
  controlTokens: ["</s>"],
});
