import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  byteLevelTokenizer,
  byteLevelVocabulary,
  sentencePieceTokenizer,
  sentencePieceVocabulary,
} from "../testing/vocabularies.ts";
import { spellByte } from "./byte-alphabet.ts";
import { MergeQueue, POSITIONS } from "./merge-queue.ts";

/** Byte-pair encoding as the paper tells it: merge the best pair, look again. */
function merge(symbols: readonly string[], rankOf: (left: string, right: string) => number): string[] {
  const result = [...symbols];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let index = 0; index + 1 < result.length; index++) {
      const rank = rankOf(result[index]!, result[index + 1]!);
      if (rank < best) {
        best = rank;
        at = index;
      }
    }
    if (at < 0) return result;
    result.splice(at, 2, result[at]! + result[at + 1]!);
  }
}

const listed = new Map(byteLevelVocabulary.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));

function byteLevelReference(word: string): number[] {
  const symbols = Array.from(new TextEncoder().encode(word), (byte) => spellByte(byte));
  const whole = byteLevelVocabulary.tokens.indexOf(symbols.join(""));
  if (whole >= 0 && byteLevelVocabulary.types[whole] === 1) return [whole];
  return merge(symbols, (left, right) => listed.get(`${left} ${right}`) ?? Number.POSITIVE_INFINITY).map((token) =>
    byteLevelVocabulary.tokens.indexOf(token),
  );
}

function sentencePieceReference(text: string): number[] {
  const { tokens, types } = sentencePieceVocabulary;
  const find = (token: string): number => {
    const id = tokens.indexOf(token);
    return id >= 0 && (types[id] === 1 || types[id] === 4) ? id : -1;
  };
  const symbols = Array.from(text.replaceAll(" ", "▁"));
  return merge(symbols, (left, right) => {
    const id = find(left + right);
    return id < 0 ? Number.POSITIVE_INFINITY : id;
  }).flatMap((token) => {
    const id = find(token);
    return id >= 0 ? [id] : Array.from(new TextEncoder().encode(token), (byte) => byte + 3);
  });
}

const letters = fc.string({ unit: fc.constantFrom(..."abdehnortu", "é", "语", "言", "翻", "👍"), maxLength: 120 });

describe("BpeModel", () => {
  it("merges words of letters as the paper does, short ones and long ones", () => {
    const tokenizer = byteLevelTokenizer();
    fc.assert(
      fc.property(letters, (word) => {
        // 👍 is no letter: it would be a word of its own.
        const letterWord = word.replaceAll("👍", "");
        const expected = letterWord === "" ? [] : byteLevelReference(letterWord);
        expect(tokenizer.encode(letterWord, { addBos: false })).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("merges SentencePiece text as a search over the whole of it does", () => {
    const tokenizer = sentencePieceTokenizer({ "tokenizer.ggml.add_space_prefix": { type: "bool", value: false } });
    const text = fc.string({
      unit: fc.constantFrom(..."  abdehnortu.", "é", "语", "言", "翻", "👍", "机"),
      maxLength: 90,
    });
    fc.assert(
      fc.property(text, (sample) => {
        expect(tokenizer.encode(sample, { addBos: false })).toEqual(sentencePieceReference(sample));
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same ids the second time", () => {
    const tokenizer = byteLevelTokenizer();
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 20 }), (words) => {
        const text = words.join(" ");
        expect(tokenizer.encode(text)).toEqual(tokenizer.encode(text));
        expect(byteLevelTokenizer().encode(text)).toEqual(tokenizer.encode(text));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["byte-level", byteLevelTokenizer],
    ["SentencePiece", sentencePieceTokenizer],
  ])("takes a word of a million letters, %s", (_kind, create) => {
    const tokenizer = create();
    const word = "a".repeat(1_000_000);
    const ids = tokenizer.encode(word, { addBos: false });
    expect(tokenizer.decode(ids)).toBe(word);
    // "a" doubles up to sixteen at a time; the odd ones are at the ends.
    expect(ids.length).toBeGreaterThanOrEqual(1_000_000 / 16);
    expect(ids.length).toBeLessThan(1_000_000 / 16 + 8);
  });
});

describe("MergeQueue", () => {
  it("gives out ranks and positions in order", () => {
    const entry = fc.tuple(fc.nat(0x3fffff), fc.nat(0x7fffffff));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3000 }), (entries) => {
        const queue = new MergeQueue();
        for (const [rank, position] of entries) queue.push(rank, position);
        const popped: number[][] = [];
        while (queue.length > 0) {
          const key = queue.pop();
          popped.push([Math.floor(key / POSITIONS), key % POSITIONS]);
        }
        expect(popped).toEqual([...entries].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
      { numRuns: 50 },
    );
  });
});
