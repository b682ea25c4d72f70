import type { Tokenizer } from "@bayling/core";
import { visible } from "./text-width.ts";

/**
 * A token for people, the same for every kind of vocabulary: what it says, with `▁` for a space and `<0xF0>` for bytes
 * that are no character alone; control tokens as the vocabulary spells them.
 */
export function spellToken(tokenizer: Tokenizer, token: number): string {
  const bytes = tokenizer.tokenBytes(token);
  if (bytes.length === 0) return visible(tokenizer.tokenText(token));
  return visible(readBytes(bytes)).replaceAll(" ", "▁");
}

function readBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `<0x${byte.toString(16).toUpperCase()}>`,
    ).join("");
  }
}
