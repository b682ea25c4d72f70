import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatTemplate } from "./chat-template.ts";

/** What ends a reply to a template, in a vocabulary: strings, and those of its tokens that are there. */
export function templateStops(
  { stop = [], stopTokens = [] }: ChatTemplate,
  tokenizer: Tokenizer,
): { readonly stop: readonly string[]; readonly stopTokens: readonly number[] } {
  const spelled = stopTokens.map((spelling) => tokenizer.tokenId(spelling));
  return { stop, stopTokens: spelled.filter((token) => token !== undefined) };
}
