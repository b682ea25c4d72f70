import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

const markers = ["[INST]", "[/INST]"];

/** Mistral 7B Instruct 0.1 and 0.2, Mixtral 8x7B: `[INST]` is text ("V1" of Mistral's documentation of its tokenizers). */
export const mistralTemplate: ChatTemplate = createTurnTemplate({
  name: "mistral",
  system: { before: "", after: "\n\n", within: "first-user-turn" },
  user: { before: "[INST] ", after: " [/INST]" },
  assistant: { before: "", after: "</s>" },
  spaceBeforeReply: true,
  markers,
  controlTokens: ["</s>"],
});

/** Mistral 7B Instruct 0.3, Mixtral 8x22B ("V3"): `[INST]` is a token, and the system prompt stands in the last turn. */
export const mistralV3Template: ChatTemplate = createTurnTemplate({
  name: "mistral-v3",
  system: { before: "", after: "\n\n", within: "last-user-turn" },
  user: { before: "[INST] ", after: "[/INST]" },
  assistant: { before: "", after: "</s>" },
  spaceBeforeReply: true,
  markers,
  controlTokens: ["[INST]", "[/INST]", "</s>"],
});

/** Mistral Nemo, Ministral and Pixtral ("V3-Tekken"): the same without spaces. */
export const mistralV3TekkenTemplate: ChatTemplate = createTurnTemplate({
  name: "mistral-v3-tekken",
  system: { before: "", after: "\n\n", within: "last-user-turn" },
  user: { before: "[INST]", after: "[/INST]" },
  assistant: { before: "", after: "</s>" },
  markers,
  controlTokens: ["[INST]", "[/INST]", "</s>"],
});
