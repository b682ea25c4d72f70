import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/** For models that were never taught to chat: the messages, one after the other, and nothing else. */
export const plainTemplate: ChatTemplate = createTurnTemplate({
  name: "plain",
  system: { before: "", after: "" },
  user: { before: "", after: "" },
  assistant: { before: "", after: "" },
});
