import type { Tokenizer } from "@bayling/core";
import { expect, test } from "vitest";
import { spellToken } from "./token-spelling.ts";

const vocabulary: readonly (readonly [text: string, bytes: readonly number[]])[] = [
  ["<s>", []],
  ["▁the", [0x20, 0x74, 0x68, 0x65]],
  ["Ġä¸ĸ", [0x20, 0xe4, 0xb8, 0x96]],
  ["ĠðŁ", [0x20, 0xf0, 0x9f]],
  ["<0x0A>", [0x0a]],
  ["ESC", [0x1b]],
];
const tokenizer = {
  tokenText: (token: number) => vocabulary[token]![0],
  tokenBytes: (token: number) => Uint8Array.from(vocabulary[token]![1]),
} as unknown as Tokenizer;

test("tokens are spelled by what they say", () => {
  expect(vocabulary.map((_, token) => spellToken(tokenizer, token))).toEqual([
    "<s>",
    "▁the",
    "▁世",
    "▁<0xF0><0x9F>",
    "\\n",
    "\\u{1b}",
  ]);
});
