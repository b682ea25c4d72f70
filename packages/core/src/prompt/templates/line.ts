import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate } from "../turn-template.ts";

/** For models that go on writing where a line ends with a colon, and are to stop at its end. */
export const lineTemplate: ChatTemplate = createTurnTemplate({
  name: "line",
  system: { before: "", after: "\n" },
  user: { before: "", after: "" },
  assistant: { before: "", after: "\n" },
  spaceBeforeReply: true,
  stop: ["\n"],
});
