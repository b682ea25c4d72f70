import { templateByName } from "@bayling/core/prompt";
import type { DialogueTurn } from "../../dialogues/dialogue.ts";

/** A dialogue as the string that a model is trained on. */
export interface PromptText {
  readonly text: string;
  /** Where the replies stand, with what ends each: `[start, end)` in UTF-16 code units. */
  readonly replies: readonly (readonly [start: number, end: number])[];
}

/** Ends a reply in BayLing's and Alpaca's template alike. */
const endOfReply = "</s>";

/** Writes a dialogue with the template that asks for it later, so that what is trained is what is asked. */
export function promptText(templateName: "bayling" | "alpaca", turns: readonly DialogueTurn[]): PromptText {
  const template = templateByName(templateName);
  const messages = turns.flatMap(({ instruction, reply }) => [
    { role: "user" as const, content: instruction },
    { role: "assistant" as const, content: reply },
  ]);
  let text = "";
  const replies: [number, number][] = [];
  // What the template itself did not write is the system prompt, then user and assistant in turn.
  let untrusted = 0;
  for (const part of template.render(messages, { continueLast: true })) {
    const start = text.length;
    text += part.text;
    if (part.parseSpecial === true) continue;
    if (untrusted > 0 && untrusted % 2 === 0) replies.push([start, text.length + endOfReply.length]);
    untrusted++;
  }
  return { text: text + endOfReply, replies };
}
