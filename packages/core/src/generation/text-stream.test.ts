import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { TextStream } from "./text-stream.ts";

/** A tokenizer whose token ids are bytes: every character beyond ASCII straddles tokens. */
const bytes: Pick<Tokenizer, "createDecoder" | "vocabularySize"> = {
  vocabularySize: 256,
  createDecoder: () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      push: (token) => decoder.decode(Uint8Array.of(token), { stream: true }),
      flush: () => decoder.decode(),
    };
  },
};

function read(text: string, stop: string[]): { pieces: string[]; stopped: boolean; tokens: number } {
  const stream = new TextStream(bytes as Tokenizer, stop);
  const tokens = [...new TextEncoder().encode(text)].flatMap((token) => stream.push({ token }));
  const all = [...tokens, ...stream.finish()];
  return { pieces: all.map((token) => token.text), stopped: stream.stopped, tokens: all.length };
}

const text = fc.string({ unit: fc.constantFrom("a", "b", "ab", "é", "你", "😀", " "), maxLength: 30 });
const stops = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é", "你", " "), minLength: 1, maxLength: 4 }), {
  maxLength: 3,
});
const runs = { numRuns: 2000 };

describe("TextStream", () => {
  it("delivers all text up to the first stop string, and nothing after it", () => {
    fc.assert(
      fc.property(text, stops, (whole, stop) => {
        // Letter by letter: the first moment at which the text so far ends with a stop string decides.
        let expected = whole;
        let found = false;
        for (let end = 1; end <= whole.length && !found; end++) {
          const endings = stop.filter((string) => whole.slice(0, end).endsWith(string));
          found = endings.length > 0;
          if (found) expected = whole.slice(0, end - Math.max(...endings.map((string) => string.length)));
        }
        const { pieces, stopped } = read(whole, stop);
        expect(pieces.join("")).toBe(expected);
        expect(stopped).toBe(found);
      }),
      runs,
    );
  });

  it("never cuts a character in two, and keeps every token", () => {
    fc.assert(
      fc.property(text, (whole) => {
        const { pieces, tokens } = read(whole, []);
        for (const piece of pieces) expect(piece.isWellFormed() && !piece.includes("\uFFFD")).toBe(true);
        expect(tokens).toBe(new TextEncoder().encode(whole).length);
      }),
    );
  });

  it("delivers at once what cannot be part of a stop string", () => {
    const stream = new TextStream(bytes as Tokenizer, ["\n\n"]);
    const push = (character: string) => stream.push({ token: character.charCodeAt(0) }).map((token) => token.text);
    expect(push("a")).toEqual(["a"]);
    expect(push("\n")).toEqual([]);
    expect(push("b")).toEqual(["\n", "b"]);
    expect(push("\n")).toEqual([]);
    expect(push("\n")).toEqual([]);
    expect(stream.stopped).toBe(true);
    expect(push("c")).toEqual([]);
  });

  it("shows bytes that never become a character as U+FFFD", () => {
    const stream = new TextStream(bytes as Tokenizer, []);
    expect(stream.push({ token: 0xe4 })).toEqual([]);
    expect(stream.finish().map((token) => token.text)).toEqual(["\uFFFD"]);
  });
});
