import type { TextPart } from "../../tokenizer/tokenizer.ts";
import type { ChatTemplate } from "../chat-template.ts";
import { plainTemplate } from "./plain.ts";

/** The languages of Seed-X, as its tags spell them. */
export const seedXTags: readonly string[] = [
  ...["ar", "cs", "da", "de", "en", "es", "fi", "fr", "hr", "hu", "id", "it", "ja", "ko", "ms", "nb", "nl", "no", "pl"],
  ...["pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"],
];

const closingTag = new RegExp(`<(?:${seedXTags.join("|")})>$`);

/**
 * Seed-X: the request as it is, which ends with the tag of the target language. A tag at the very end may be a token;
 * others are text.
 */
export const seedXTemplate: ChatTemplate = {
  ...plainTemplate,
  name: "seed-x",
  render(messages, options) {
    const parts = plainTemplate.render(messages, options);
    return messages.at(-1)?.role === "user" ? [...parts.slice(0, -1), ...splitTag(parts.at(-1))] : parts;
  },
};

function splitTag(part: TextPart | undefined): TextPart[] {
  if (part === undefined) return [];
  const tag = part.text.match(closingTag)?.[0];
  if (tag === undefined) return [part];
  return [
    { text: part.text.slice(0, -tag.length), parseSpecial: false },
    { text: tag, parseSpecial: true },
  ];
}
