import { describe, expect, it } from "vitest";
import { sharedFixture } from "../../testing/shared-fixtures.ts";
import { byteLevelTokenizer, sentencePieceTokenizer } from "../../testing/vocabularies.ts";
import { loadTokenizer } from "../../tokenizer/load-tokenizer.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { TokenTrie } from "./token-trie.ts";

/** By bytes the tokens that a trie holds, found by walking all of it. */
function contentOf(trie: TokenTrie): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const path: number[] = [];
  for (let node = 1; node < trie.size; node++) {
    path.length = trie.depths[node]! - 1;
    path.push(trie.bytes[node]!);
    const tokens = [...trie.tokensAt(node)].sort((a, b) => a - b);
    if (tokens.length > 0) found.set(path.join(), tokens);
  }
  return found;
}

function expectedContent(tokenizer: Tokenizer): Map<string, number[]> {
  const expected = new Map<string, number[]>();
  for (let token = 0; token < tokenizer.vocabularySize; token++) {
    const bytes = tokenizer.tokenBytes(token);
    if (bytes.length === 0) continue;
    expected.set(bytes.join(), [...(expected.get(bytes.join()) ?? []), token]);
  }
  return expected;
}

describe.each([
  ["byte-level", byteLevelTokenizer()],
  ["sentencepiece", sentencePieceTokenizer()],
])("the trie of a %s vocabulary", (_, tokenizer) => {
  const trie = TokenTrie.of(tokenizer);

  it("holds every token that stands for bytes, and no control token", () => {
    expect(contentOf(trie)).toEqual(expectedContent(tokenizer));
    for (const token of tokenizer.endTokens) expect([...contentOf(trie).values()].flat()).not.toContain(token);
  });

  it("finds each token by its bytes, child by child", () => {
    for (let token = 0; token < tokenizer.vocabularySize; token++) {
      const bytes = tokenizer.tokenBytes(token);
      if (bytes.length === 0) continue;
      const node = bytes.reduce((at, byte) => trie.child(at, byte), 0);
      expect([...trie.tokensAt(node)]).toContain(token);
    }
    expect(trie.child(trie.size - 1, 0)).toBe(-1);
  });

  it("jumps over what is below a node", () => {
    for (let node = 0; node < trie.size; node++) {
      let next = node + 1;
      while (next < trie.size && trie.depths[next]! > trie.depths[node]!) next++;
      expect(trie.ends[node]).toBe(next);
    }
  });

  it("is built once", () => {
    expect(TokenTrie.of(tokenizer)).toBe(trie);
  });
});

const vocabulary = sharedFixture("tokenizers/llama-bpe.gguf");

it.skipIf(vocabulary === undefined)("of 128,000 tokens holds them all", async () => {
  const tokenizer = await loadTokenizer(vocabulary!);
  const trie = TokenTrie.of(tokenizer);
  let count = 0;
  for (let node = 0; node < trie.size; node++) count += [...trie.tokensAt(node)].length;
  expect(count).toBe([...expectedContent(tokenizer).values()].flat().length);
});
