import type { ChatTemplate } from "../chat-template.ts";
import { createTurnTemplate, type TurnFormat } from "../turn-template.ts";

/** A turn as all models on Llama 3 know it. The beginning of the text comes from the tokenizer. */
const format: Omit<TurnFormat, "name"> = {
  system: surround("system"),
  user: surround("user"),
  assistant: surround("assistant"),
  trims: true,
  stopTokens: ["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"],
  controlTokens: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
};

function surround(role: string): { readonly before: string; readonly after: string } {
  return { before: `<|start_header_id|>${role}<|end_header_id|>\n\n`, after: "<|eot_id|>" };
}

/** Llama 3 Instruct (Meta's model card). */
export const llama3Template: ChatTemplate = createLlama3Template();

/** The dates with which Llama 3.1 and later begin their system prompt, as Meta's templates spell them. */
export interface Llama3Dates {
  /** `December 2023` for Llama 3.1 and 3.2. */
  readonly knowledge: string;
  /** For instance `26 Jul 2024`. */
  readonly today: string;
}

/** Llama 3, or with dates Llama 3.1 and later, which have a turn of the system in every dialogue. */
export function createLlama3Template(dates?: Llama3Dates): ChatTemplate {
  if (dates === undefined) return createTurnTemplate({ ...format, name: "llama-3" });
  const { before, after } = format.system;
  const lines = `Cutting Knowledge Date: ${dates.knowledge}\nToday Date: ${dates.today}\n\n`;
  return createTurnTemplate({
    ...format,
    name: "llama-3.1",
    defaultSystemPrompt: "",
    system: { before: before + lines, after },
  });
}

/**
 * BayLing 2 on Llama 3 8B ("BayLing-3"). Unlike in the original, the beginning-of-sequence token is there (from the
 * tokenizer), and no reply ends at token 2, which in this vocabulary is `#`.
 */
export const bayling3Template: ChatTemplate = createTurnTemplate({
  ...format,
  name: "bayling-3",
  defaultSystemPrompt: "I am BayLing developed by the NLP Group of ICT/CAS.",
});
