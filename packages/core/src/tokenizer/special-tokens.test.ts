import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OverlapRule, type SpecialToken, SpecialTokenSplitter, type TrustedRanges } from "./special-tokens.ts";

function special(id: number, text: string, more: Partial<SpecialToken> = {}): SpecialToken {
  return { id, text, trustedOnly: true, stripsBefore: false, stripsAfter: false, ...more };
}

function split(
  tokens: SpecialToken[],
  text: string,
  rule: OverlapRule = "longest",
  trusted?: TrustedRanges,
): unknown[] {
  return new SpecialTokenSplitter(tokens, rule)
    .split(text, trusted ?? [[0, text.length]])
    .map(({ token, start, end }) => (token === undefined ? text.slice(start, end) : token.id));
}

describe("SpecialTokenSplitter", () => {
  it("finds every token where it stands, whatever tokens begin alike", () => {
    const spelling = fc.string({ unit: fc.constantFrom("a", "b", "<", "\u{1f600}"), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.uniqueArray(spelling, { maxLength: 12 }),
        fc.array(spelling).map((parts) => parts.join("")),
        (texts, text) => {
          const found = split(
            texts.map((spelling, id) => special(id, spelling)),
            text,
            "leftmost",
          );
          const expected: unknown[] = [];
          let plain = "";
          for (let at = 0; at < text.length; ) {
            const longest = texts
              .filter((spelling) => text.startsWith(spelling, at))
              .sort((a, b) => b.length - a.length)[0];
            if (longest === undefined) {
              plain += text[at++];
              continue;
            }
            if (plain !== "") expected.push(plain);
            plain = "";
            expected.push(texts.indexOf(longest));
            at += longest.length;
          }
          expect(found).toEqual(plain === "" ? expected : [...expected, plain]);
        },
      ),
      { seed: 11 },
    );
  });

  it("is not slowed by tokens that the text does not hold", () => {
    // 1.1 MB of spellings: looked for one by one, at every e of the text, they took most of a minute.
    const tokens = Array.from({ length: 1500 }, (_, id) => special(id, `e${"x".repeat(id)}`));
    expect(split(tokens.slice(1), "the tree sees here ".repeat(3000), "leftmost")).toHaveLength(1);
  });

  it("finds the longest of tokens that begin alike", () => {
    expect(split([special(1, "<a>"), special(2, "<a>x"), special(3, "<a")], "y<a>x<a><a")).toEqual(["y", 2, 1, 3]);
  });

  it("lets the longest of overlapping matches win, or the first", () => {
    const tokens = [special(1, "abc"), special(2, "bcde")];
    expect(split(tokens, "abcde", "longest")).toEqual(["a", 2]);
    expect(split(tokens, "abcde", "leftmost")).toEqual([1, "de"]);
  });

  it("finds control tokens only where the text is trusted, wholly", () => {
    const tokens = [special(1, "<s>"), special(2, "<t>", { trustedOnly: false })];
    const text = "<s><s><t>";
    expect(split(tokens, text, "longest", [])).toEqual(["<s><s>", 2]);
    expect(split(tokens, text, "longest", [[3, 6]])).toEqual(["<s>", 1, 2]);
    expect(split(tokens, text, "longest", [[2, 6]])).toEqual(["<s>", 1, 2]);
    expect(split(tokens, text, "longest", [[4, 9]])).toEqual(["<s><s>", 2]);
  });

  it("lets no token that anybody may write reach across a border of trust", () => {
    const tokens = [special(1, "<end>"), special(2, "!<end>?", { trustedOnly: false })];
    expect(split(tokens, "a!<end>?", "longest", [[2, 7]])).toEqual(["a!", 1, "?"]);
    expect(split(tokens, "a!<end>?", "longest", [[0, 8]])).toEqual(["a", 2]);
    expect(split(tokens, "a!<end>?", "longest", [])).toEqual(["a", 2]);
  });

  it("takes white space along where the token says so", () => {
    const tokens = [special(1, "<m>", { stripsBefore: true, stripsAfter: true })];
    expect(split(tokens, "a  <m>\n b <m>")).toEqual(["a", 1, "b", 1]);
    expect(split(tokens, "  <m>  ")).toEqual([1]);
  });

  it("does as one search after another would, the longest token first", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(letters, { minLength: 1, maxLength: 6 }),
        letters,
        letters,
        letters,
        (texts, a, b, c) => {
          const tokens = texts.map((text, id) => special(id, text));
          let parts: unknown[] = [a + b + c];
          for (const { id, text } of [...tokens].sort((x, y) => y.text.length - x.text.length || x.id - y.id)) {
            parts = parts.flatMap((part) =>
              typeof part === "string"
                ? part.split(text).flatMap((piece, index) => (index === 0 ? [piece] : [id, piece]))
                : [part],
            );
          }
          expect(split(tokens, a + b + c)).toEqual(parts.filter((part) => part !== ""));
        },
      ),
    );
  });
});
