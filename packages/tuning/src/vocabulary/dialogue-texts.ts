import type { ChatMessage } from "@bayling/core";
import type { ChatTemplate } from "@bayling/core/prompt";
import type { Dialogue } from "../dialogues/dialogue.ts";

export interface DialogueTextsOptions {
  readonly template: ChatTemplate;
  /** What the model is told first; `undefined` is what the template says, and "" nothing. */
  readonly system?: string | undefined;
}

/** A dialogue as messages, as a model is shown it. */
export function dialogueMessages({ turns }: Dialogue, system: string | undefined): ChatMessage[] {
  const first: ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  return [
    ...first,
    ...turns.flatMap(({ instruction, reply }): ChatMessage[] => [
      { role: "user", content: instruction },
      { role: "assistant", content: reply },
    ]),
  ];
}

/** Dialogues as the texts that a vocabulary has to spell, without the control tokens between them. */
export async function* dialogueTexts(
  dialogues: AsyncIterable<Dialogue>,
  { template, system }: DialogueTextsOptions,
): AsyncGenerator<string> {
  const control = template.controlTokens ?? [];
  for await (const dialogue of dialogues) {
    const parts = template.render(dialogueMessages(dialogue, system), { continueLast: true });
    const texts = parts.map(({ text, parseSpecial }) =>
      parseSpecial === true ? control.reduce((rest, token) => rest.replaceAll(token, ""), text) : text,
    );
    yield texts.join("");
  }
}
