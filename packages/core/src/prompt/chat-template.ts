import type { TextPart } from "../tokenizer/tokenizer.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Writes a dialogue the way a model was taught to read it. */
export interface ChatTemplate {
  readonly name: string;
  /**
   * The prompt that asks for the next reply. Only what the template itself writes is trusted to hold special tokens;
   * what people and models said stays text.
   * @throws BayLingError `template-invalid`
   */
  render(messages: readonly ChatMessage[]): readonly TextPart[];
}

/** For models that were never taught to chat: the messages, one after the other, and nothing else. */
export const plainTemplate: ChatTemplate = {
  name: "plain",
  render: (messages) => messages.map(({ content }) => ({ text: content, parseSpecial: false })),
};
