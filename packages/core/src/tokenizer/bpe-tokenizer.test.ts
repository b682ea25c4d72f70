import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../testing/expect-error.ts";
import {
  awkwardTexts,
  byteLevelTokenizer,
  byteLevelVocabulary,
  sentencePieceTokenizer,
  sentencePieceVocabulary,
  tokenizerJson,
} from "../testing/vocabularies.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createTokenizerFromJson } from "./tokenizer-from-json.ts";

const kinds: readonly [name: string, tokenizer: Tokenizer][] = [
  ["byte-level from GGUF", byteLevelTokenizer()],
  ["SentencePiece from GGUF", sentencePieceTokenizer()],
  ["byte-level from JSON", createTokenizerFromJson(tokenizerJson("byte-level", byteLevelVocabulary), "test")],
  ["SentencePiece from JSON", createTokenizerFromJson(tokenizerJson("sentencepiece", sentencePieceVocabulary), "test")],
];

/** Any well-formed text, with more of what vocabularies hold than chance would bring. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.constantFrom(...awkwardTexts, " the", "翻译", "<tool>", "</s>", "<|im_end|>", "  ", "\u0000"),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join("").toWellFormed());

describe.each(kinds)("%s", (_name, tokenizer) => {
  const sentencePiece = tokenizer.kind === "sentencepiece-bpe";

  it("decodes what it encodes", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (sample, addBos) => {
        const whole = sentencePiece ? sample.replaceAll("▁", " ") : sample;
        const ids = tokenizer.encode(whole, { addBos: addBos && tokenizer.bosToken !== undefined });
        expect(tokenizer.decode(ids)).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  it("encodes lone surrogates as U+FFFD", () => {
    for (const sample of ["\ud83d", "a\udc00b", "\ud83d\ud83d\ude00", "\udc00\ud800"]) {
      const ids = tokenizer.encode(sample, { addBos: false });
      expect(ids).toEqual(tokenizer.encode(sample.toWellFormed(), { addBos: false }));
      expect(tokenizer.decode(ids)).toBe(sample.toWellFormed());
    }
  });

  it("streams what it decodes, never half a character", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(tokenizer.vocabularySize - 1), { maxLength: 40 }), fc.boolean(), (ids, special) => {
        const decoder = tokenizer.createDecoder({ special });
        const bytes: number[] = [];
        let streamed = "";
        for (const id of ids) {
          streamed += decoder.push(id);
          expect(streamed.isWellFormed()).toBe(true);
          const spelled = special && tokenizer.tokenBytes(id).length === 0;
          bytes.push(...(spelled ? new TextEncoder().encode(tokenizer.tokenText(id)) : tokenizer.tokenBytes(id)));
        }
        streamed += decoder.flush();
        expect(streamed).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes)));
        // Behind some text nothing is stripped, so decoding all at once gives the same.
        const before = tokenizer.encode("x", { addBos: false });
        if (tokenizer.tokenBytes(ids[0] ?? 0).length > 0 || !sentencePiece) {
          const continued = tokenizer.decode([...before, ...ids], { special });
          const stripsLater =
            sentencePiece &&
            ids.some((id) => tokenizer.tokenBytes(id).length === 0 || tokenizer.tokenText(id) === "<tool>");
          if (!stripsLater) expect(continued).toBe(`x${streamed}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("holds a character back until it is whole", () => {
    const decoder = tokenizer.createDecoder();
    const byteTokens = Array.from(new TextEncoder().encode("🏽"), (byte) => {
      for (let id = 0; id < tokenizer.vocabularySize; id++) {
        const bytes = tokenizer.tokenBytes(id);
        if (bytes.length === 1 && bytes[0] === byte) return id;
      }
      throw new Error("no token for a byte");
    });
    expect(byteTokens.map((id) => decoder.push(id))).toEqual(["", "", "", "🏽"]);
    expect(decoder.push(byteTokens[0]!)).toBe("");
    expect(decoder.flush()).toBe("\ufffd");
  });

  it("leaves special tokens in a person's text alone", () => {
    for (const spelling of ["</s>", "<s>", "<unk>", "<0x0A>", "<|im_end|>", "<|begin|>"]) {
      const ids = tokenizer.encode(`say ${spelling} now`, { addBos: false });
      expect(ids.some((id) => tokenizer.isControl(id))).toBe(false);
      expect(tokenizer.decode(ids)).toBe(`say ${spelling} now`);
    }
  });

  it("finds tokens that anybody may write everywhere", () => {
    const tool = tokenizer.tokenId("<tool>")!;
    expect(tokenizer.encode("a<tool>b", { addBos: false })).toContain(tool);
    expect(tokenizer.decode(tokenizer.encode(" <tool> <tool>"))).toBe(" <tool> <tool>");
    expect(tokenizer.isControl(tool)).toBe(false);
  });

  it("encodes parts of different trust as one text", () => {
    const control = sentencePiece ? "</s>" : "<|im_end|>";
    const id = tokenizer.tokenId(control)!;
    const ids = tokenizer.encode(
      [
        { text: `user: th`, parseSpecial: true },
        { text: `e ${control}`, parseSpecial: false },
        { text: `${control}`, parseSpecial: true },
      ],
      { addBos: false },
    );
    expect(ids.filter((token) => token === id)).toHaveLength(1);
    expect(ids.at(-1)).toBe(id);
    const plain = tokenizer.encode(`user: the ${control}`, { addBos: false });
    expect(ids.slice(0, -1)).toEqual(plain);
    // A control token may not be put together from both sides of a border.
    const halves = [
      { text: control.slice(0, 2), parseSpecial: true },
      { text: control.slice(2), parseSpecial: false },
    ];
    expect(tokenizer.encode(halves, { addBos: false })).toEqual(tokenizer.encode(control, { addBos: false }));
    expect(tokenizer.encode([], { addBos: false })).toEqual([]);
  });

  it("parses special tokens when asked, and spells them when asked", () => {
    const control = sentencePiece ? "</s>" : "<|im_end|>";
    const ids = tokenizer.encode(`one${control}two`, { addBos: false, parseSpecial: true });
    expect(ids).toContain(tokenizer.tokenId(control));
    expect(tokenizer.decode(ids)).toBe("onetwo");
    expect(tokenizer.decode(ids, { special: true })).toBe(`one${control}two`);
    expect(tokenizer.tokenBytes(tokenizer.tokenId(control)!)).toHaveLength(0);
  });

  it("knows every token by its spelling", () => {
    for (let id = 0; id < tokenizer.vocabularySize; id++) expect(tokenizer.tokenId(tokenizer.tokenText(id))).toBe(id);
    expect(tokenizer.tokenId("no such token")).toBeUndefined();
    expect(tokenizer.tokenId("")).toBeUndefined();
  });

  it("refuses ids that are not of the vocabulary", async () => {
    for (const id of [-1, 0.5, Number.NaN, tokenizer.vocabularySize, 2 ** 32]) {
      for (const act of [
        () => tokenizer.decode([id]),
        () => tokenizer.tokenText(id),
        () => tokenizer.tokenBytes(id),
        () => tokenizer.isControl(id),
        () => tokenizer.createDecoder().push(id),
      ]) {
        const error = await expectError("token-out-of-range", act);
        expect(error.received).toBe(String(id));
      }
    }
  });

  it("refuses what is no text", async () => {
    for (const wrong of [undefined, null, 5, {}, [5], [{ parseSpecial: true }]]) {
      await expectError("argument-invalid", () => tokenizer.encode(wrong as unknown as string, { addBos: false }));
    }
  });

  it("gives bytes that the caller may change", () => {
    const id = tokenizer.encode("the", { addBos: false })[0]!;
    const before = tokenizer.tokenBytes(id);
    tokenizer.tokenBytes(id).fill(0);
    expect(tokenizer.tokenBytes(id)).toEqual(before);
  });
});

describe("the space in front", () => {
  it("comes before each stretch of text, and goes again", () => {
    const tokenizer = sentencePieceTokenizer();
    const ids = tokenizer.encode("the</s>the", { addBos: true, parseSpecial: true });
    const the = tokenizer.tokenId("▁the")!;
    expect(ids).toEqual([1, the, 2, the]);
    expect(tokenizer.decode(ids)).toBe("thethe");
    expect(tokenizer.decode([the, the])).toBe("the the");
    const decoder = tokenizer.createDecoder();
    expect(decoder.push(the)).toBe(" the");
  });

  it("is not there when the file says so", () => {
    const tokenizer = sentencePieceTokenizer({ "tokenizer.ggml.add_space_prefix": { type: "bool", value: false } });
    expect(tokenizer.decode([tokenizer.tokenId("▁the")!])).toBe(" the");
    expect(tokenizer.decode(tokenizer.encode("the"))).toBe("the");
  });
});

describe("the beginning-of-sequence token", () => {
  it("comes first when the file or the caller asks for it", () => {
    const tokenizer = byteLevelTokenizer();
    expect(tokenizer.addsBos).toBe(true);
    expect(tokenizer.encode("")).toEqual([tokenizer.bosToken]);
    expect(tokenizer.encode("", { addBos: false })).toEqual([]);
    expect(byteLevelTokenizer("qwen2").addsBos).toBe(false);
    expect(byteLevelTokenizer("qwen2").encode("", { addBos: true })).toEqual([tokenizer.bosToken]);
  });

  it("is an error to ask for where there is none", async () => {
    const tokenizer = createTokenizerFromJson(tokenizerJson("byte-level", byteLevelVocabulary), "test");
    await expectError("argument-invalid", () => tokenizer.encode("x", { addBos: true }));
  });
});
