import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BayLingError } from "../../../errors.ts";
import { expectError } from "../../../testing/expect-error.ts";
import { accepts, randomWalk, seededRandom, shortestText } from "../../../testing/random-walk.ts";
import { matchGrammar } from "./match-grammar.ts";

const arithmetic = `
# Sums and products, as text books write them
root ::= sum
sum ::= product (("+" | "-") product)*   # from the left
product ::=
  factor ([*/] factor)*
factor ::= number | "(" sum ")"
number ::= [0-9]{1,3} ("." [0-9]+)?
`;

const json = String.raw`
root   ::= value
value  ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" ws (member ("," ws member)*)? "}" ws
member ::= string ":" ws value ws
array  ::= "[" ws (value ws ("," ws value ws)*)? "]"
string ::= "\"" ([^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
ws     ::= [ \t\n]*
`;

/** A piece of a grammar and of a regular expression that mean the same. */
interface Twin {
  readonly gbnf: string;
  readonly pattern: string;
}

const twin = fc.letrec<{ item: Twin; choice: Twin }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Twin>(
      ...[
        { gbnf: '"ab"', pattern: "(?:ab)" },
        { gbnf: '""', pattern: "(?:)" },
        { gbnf: "[a-c]", pattern: "[a-c]" },
        { gbnf: "[^a你\\]]", pattern: "[^a你\\]]" },
        { gbnf: ".", pattern: "[^]" },
        { gbnf: '"\\x61\\u4f60\\U0001F600"', pattern: "(?:a你😀)" },
        { gbnf: "letter", pattern: "(?:a|b|)" },
        { gbnf: "[-a-]", pattern: "[a-]" },
      ],
    ),
    fc
      .tuple(tie("item"), tie("item"))
      .map(([a, b]) => ({ gbnf: `${a.gbnf} ${b.gbnf}`, pattern: a.pattern + b.pattern })),
    fc
      .tuple(tie("choice"), fc.constantFrom("", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{0}"))
      .map(([{ gbnf, pattern }, bounds]) => ({ gbnf: `(${gbnf}\n)${bounds}`, pattern: `(?:${pattern})${bounds}` })),
  ),
  choice: fc.oneof(
    { maxDepth: 4 },
    tie("item"),
    fc
      .tuple(tie("item"), tie("item"))
      .map(([a, b]) => ({ gbnf: `${a.gbnf} | ${b.gbnf}`, pattern: `${a.pattern}|${b.pattern}` })),
  ),
})).choice;
const grammarOf = ({ gbnf }: Twin) => matchGrammar(`letter ::= "" | "a" |\n "b"\nroot ::= (${gbnf})`);
const text = fc.array(fc.constantFrom(..."abc你😀]-"), { maxLength: 6 }).map((letters) => letters.join(""));

describe("matchGrammar", () => {
  it("takes what a regular expression of the same meaning matches", () => {
    fc.assert(
      fc.property(twin, fc.array(text, { minLength: 5, maxLength: 5 }), (twin, texts) => {
        const constraint = grammarOf(twin);
        for (const text of ["", ...texts]) {
          expect(accepts(constraint, text), `${twin.gbnf} ${text}`).toBe(
            new RegExp(`^(?:${twin.pattern})$`, "u").test(text),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it("leads every walk to a text of the grammar, by the shortest way", () => {
    fc.assert(
      fc.property(twin, fc.integer(), (twin, seed) => {
        const constraint = grammarOf(twin);
        const shortest = constraint.bytesToEnd(constraint.begin());
        if (shortest < 5) expect(shortestText(constraint, 5)).toBe(shortest);
        const walked = randomWalk(constraint, { random: seededRandom(seed), fragments: ["a", "b", "你"], length: 12 });
        expect(new RegExp(`^(?:${twin.pattern})$`, "u").test(walked), `${twin.gbnf} ${walked}`).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("follows recursion: every walk through JSON is JSON, and every JSON is taken", () => {
    const constraint = matchGrammar(json);
    for (let seed = 0; seed < 200; seed++) {
      const fragments = ["{", "[", '"a"', ":", ",", "1", "]", "}", "true", "\\u00e9", " "];
      const walked = randomWalk(constraint, { random: seededRandom(seed), fragments, length: 60 });
      JSON.parse(walked);
    }
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(accepts(constraint, text)).toBe(true);
      }),
    );
    expect(accepts(constraint, `${"[".repeat(3000)}${"]".repeat(3000)}`)).toBe(true);
    expect(accepts(constraint, `${"[".repeat(3000)}${"]".repeat(2999)}`)).toBe(false);
    expect(constraint.bytesToEnd(constraint.begin())).toBe(1);
  });

  it.each<[string, string, boolean]>([
    [arithmetic, "1+2*(3-4.5)/678", true],
    [arithmetic, "1+", false],
    [arithmetic, "1234", false],
    ['root ::= "a" root "b" | ""', "aaabbb", true],
    ['root ::= "a" root "b" | ""', "aaabb", false],
    ['root ::= "a" root "a" | "b" root "b" | ""', "abbaabba", true],
    ['root ::= a a\na ::= b | c # same start\nb ::= "x" c?\nc ::= "xx"', "xxxx", true],
    ['root ::= ("a"?)* "b"', "aab", true],
    ['root ::= root | "a"', "a", true],
    ['root::="a"{ 1 , 2 }#end', "aa", true],
    ['root ::= [\\]\\[\\\\\\n"-]+', '][\\\n"-', true],
  ])("%j takes %j: %s", (grammar, text, taken) => {
    expect(accepts(matchGrammar(grammar), text)).toBe(taken);
  });

  it.each<[string, string]>([
    ["", "line 1, column 1: there is no rule root"],
    ["# nothing\nexpr ::= [a]", "there is no rule root"],
    ["root ::= expr", "line 1, column 10: the rule expr is not there"],
    ['root ::= "a"\nroot ::= "b"', "line 2, column 1: the rule root is there twice"],
    ["root = [a]", "line 1, column 6: the rule root has no ::="],
    ['root ::= "a', "line 1, column 10: a literal is not closed"],
    ["root ::= [a", "a class is not closed"],
    ["root ::= [b-a]", "line 1, column 11: a range is in the wrong order"],
    ['root ::= ("a"', "a group is not closed"],
    ['root ::= "a")', "the rule root goes on"],
    ["root ::= * ", "nothing to repeat"],
    ['root ::= "a"**', "nothing to repeat"],
    ['root ::= "a"{2,1}', "wrong order"],
    ['root ::= "a"{x}', "no count"],
    ['root ::= "a"{999999}', "too large"],
    [`root ::= ${"(".repeat(5)}"a"${"){99}".repeat(5)}{9999}`, "nothing to repeat"],
    ['root ::= "\\q"', "escape is not known"],
    ['root ::= "\\ud800"', "no character"],
    ["root ::= <[1]>", "tokens in grammars are not supported"],
    ["root ::= ,", "begins nothing"],
    ["::= x", "a rule has no name"],
    ['root ::= sum\nsum ::= sum "+" [0-9] | [0-9]', "rule sum: it begins with itself (left recursion)"],
    ['root ::= a\na ::= empty b "x" | "y"\nb ::= a\nempty ::= "e"?', "left recursion"],
    ['root ::= ("a"? root "b")', "rule root: it begins with itself"],
    ['root ::= "a" root', "rule root: no text follows it"],
    ["root ::= []", "no text follows it"],
    [`root ::= ${"(".repeat(1000)}`, "nested too deeply"],
  ])("refuses %j: %s", async (grammar, problem) => {
    const error = await expectError("grammar-invalid", () => matchGrammar(grammar));
    expect(error.message).toContain(problem);
  });

  it("gives up on texts that can be read in too many ways", async () => {
    const constraint = matchGrammar('root ::= pair\npair ::= "a" pair pair "b"? | "a" pair "c"? pair | "a"');
    await expectError("grammar-invalid", () => accepts(constraint, "a".repeat(400)));
  });

  it("never throws anything but its own error", () => {
    const piece = fc.constantFrom(
      ...[
        "root",
        "::=",
        '"a"',
        '"',
        "[a-z]",
        "[",
        "]",
        "(",
        ")",
        "|",
        "*",
        "+",
        "?",
        "{2}",
        "{",
        "}",
        "#",
        "\n",
        "x",
        "\\",
        "-",
        ".",
      ],
      ...["root ::= ", "x ::= ", " ", " ", "\ud800", "😀"],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        try {
          const constraint = matchGrammar(`root ::= ${pieces.join(" ")}`);
          expect(constraint.bytesToEnd(constraint.begin())).toBeLessThan(Infinity);
        } catch (error) {
          if (!BayLingError.isInstance(error)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("takes grammars and literals of any length", () => {
    const long = "x".repeat(150_000);
    expect(accepts(matchGrammar(`root ::= "${long}"`), long)).toBe(true);
    const rules = Array.from({ length: 20_000 }, (_, index) => `r${index} ::= "a" r${index + 1}`);
    const constraint = matchGrammar(`root ::= r0\n${rules.join("\n")}\nr20000 ::= "b"`);
    expect(constraint.bytesToEnd(constraint.begin())).toBe(20_001);
  });

  it("names what is wrong", async () => {
    for (const wrong of [undefined, null, 3, {}])
      await expectError("argument-invalid", () => matchGrammar(wrong as never));
  });
});
