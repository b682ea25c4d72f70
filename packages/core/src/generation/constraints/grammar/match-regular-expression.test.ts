import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../../../errors.ts";
import { expectError } from "../../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom, shortestText } from "../../../testing/random-walk.ts";
import { matchRegularExpression } from "./match-regular-expression.ts";

const whole = (pattern: string, flags = "u") => new RegExp(`^(?:${pattern})$`, flags);

const atom = fc.constantFrom(
  ...[
    "a",
    "b",
    "s",
    "K",
    "é",
    "你",
    "😀",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\D",
    "\\W",
    "[a-c]",
    "[^a-c]",
    "[\\dé-]",
    "[😀-😂]",
  ],
  ...[
    "\\p{Lu}",
    "\\P{L}",
    "\\x61",
    "\\u{1F600}",
    "\\uD83D\\uDE00",
    "\\n",
    "\\.",
    "[^]",
    "[]",
    "(?:)",
    "^",
    "$",
    "[ſ]",
    "[\\-x]",
  ],
);
const pattern = fc.letrec<{ part: string; choice: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc.tuple(tie("part"), tie("part")).map(([a, b]) => a + b),
    tie("choice").map((inner) => `(${inner})`),
    fc
      .tuple(tie("choice"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "{0}"))
      .map(([inner, bounds]) => `(?:${inner})${bounds}`),
  ),
  choice: fc.oneof(
    { maxDepth: 4 },
    tie("part"),
    fc.tuple(tie("part"), tie("part")).map(([a, b]) => `${a}|${b}`),
  ),
})).choice;
const text = fc
  .array(fc.constantFrom(..."abcsSſkKé你😀😁1 -.\nÉ"), { maxLength: 6 })
  .map((letters) => letters.join(""));
const flags = fc.constantFrom("u", "iu", "su", "isu");

describe("matchRegularExpression", () => {
  it("takes the texts that the engine's own expressions match", () => {
    fc.assert(
      fc.property(pattern, flags, fc.array(text, { minLength: 5, maxLength: 5 }), (pattern, flags, texts) => {
        const constraint = matchRegularExpression(new RegExp(pattern, flags));
        for (const text of ["", ...texts]) {
          expect(accepts(constraint, text), `${pattern} ${flags} ${text}`).toBe(whole(pattern, flags).test(text));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("leads every walk to a match, by the shortest way", () => {
    fc.assert(
      fc.property(pattern, flags, fc.integer(), (pattern, flags, seed) => {
        const constraint = matchRegularExpression(new RegExp(pattern, flags));
        const shortest = constraint.bytesToEnd(constraint.begin());
        if (shortest > 6) return;
        const walked = randomWalk(constraint, { random: seededRandom(seed), fragments: ["a", "b", "1"], length: 20 });
        expect(whole(pattern, flags).test(walked), `${pattern} ${JSON.stringify(walked)}`).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("knows the length of the shortest match", () => {
    const short = pattern.filter((pattern) => !/[\\.^\]]/.test(pattern));
    fc.assert(
      fc.property(short, (pattern) => {
        const constraint = matchRegularExpression(pattern);
        const shortest = constraint.bytesToEnd(constraint.begin());
        if (shortest < 6) expect(shortestText(constraint, 6)).toBe(shortest);
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, string, boolean]>([
    ["\\d{4}-\\d{2}-\\d{2}", "2024-05-06", true],
    ["^(yes|no)$", "yes", true],
    ["^a|b$", "xb", false],
    ["(a|b)*a(a|b){12}", `b${"a".repeat(13)}`, true],
    ["(a*)*b", `${"a".repeat(2000)}c`, false],
    ["(?<year>\\d+)\\/", "12/", true],
    ["\\cJ\\0[\\b]", "\n\0\b", true],
    ["(?:a?){50}a{50}", "a".repeat(50), true],
  ])("%j on %j: %s", (pattern, text, taken) => {
    expect(accepts(matchRegularExpression(pattern), text)).toBe(taken);
  });

  it("says so when nothing can match", () => {
    for (const pattern of ["a^b", "[]", "$a", "a[]b"]) {
      const constraint = matchRegularExpression(pattern);
      expect(constraint.bytesToEnd(constraint.begin())).toBe(Infinity);
    }
    const empty = matchRegularExpression("^$");
    expect([empty.mayEnd(empty.begin()), empty.bytesToEnd(empty.begin())]).toEqual([true, 0]);
  });

  it.each<[string | RegExp, string]>([
    ["ab\n(?=c)", "line 2, column 1: lookahead assertions are not supported"],
    ["a(?!c)", "line 1, column 2: lookahead"],
    ["(?<=c)", "lookbehind"],
    ["(?<!c)", "lookbehind"],
    ["(a)\\1", "line 1, column 4: back-references"],
    ["\\k<a>", "back-references"],
    ["a\\b", "word boundaries"],
    ["(?i:a)", "modifiers"],
    [/a/m, "flag m"],
    ["a**", "nothing to repeat"],
    ["*", "nothing to repeat"],
    ["^*", "nothing to repeat"],
    ["a{2", "not closed"],
    ["a{3,2}", "wrong order"],
    ["a{1234567}", "too often"],
    ["(((a{99}){99}){99}){99}", "too large"],
    ["(a", "a group is not closed"],
    ["a)", "not opened"],
    ["[a", "a class is not closed"],
    ["[b-a]", "a range"],
    ["[a-\\d]", "a range"],
    ["a]", "stands alone"],
    ["\\p{Foo}", "the Unicode property Foo is not known"],
    ["\\q", "escape is not known"],
    ["\\u{110000}", "no character"],
    ["\\ud800", "no character"],
    ["\\x1", "incomplete"],
    ["\\", "ends too early"],
    ["(".repeat(1000), "nested too deeply"],
  ])("refuses %j: %s", async (pattern, problem) => {
    const error = await expectError("grammar-invalid", () => matchRegularExpression(pattern));
    expect(error.message).toContain(problem);
  });

  it("never throws anything but its own error", () => {
    const piece = fc.constantFrom(..."()[]{}|?*+.^$\\-a1,:<>=!pPuxkbBdDc\n😀\ud800", "(?:", "(?<", "\\p{L}", "{2,3}");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          const constraint = matchRegularExpression(pieces.join(""));
          constraint.bytesToEnd(constraint.begin());
        } catch (error) {
          if (!BayLingError.isInstance(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("names what is wrong", async () => {
    for (const wrong of [undefined, null, 3, {}, ["a"]]) {
      await expectError("argument-invalid", () => matchRegularExpression(wrong as never));
    }
  });
});
