import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalDecompositions, type DecompositionNode, marksCommute } from "./canonical-decompositions.ts";
import { caseClosure, caseFamily, casesOf } from "./case-variants.ts";
import { characterClasses } from "./character-classes.ts";
import {
  characterSet,
  charactersMatching,
  charactersOf,
  complementOf,
  differenceOf,
  hasCharacter,
  intersectionOf,
  unionOf,
} from "./character-set.ts";
import type { Utf8Node } from "./utf8-tree.ts";

const codePoint = fc.oneof(
  fc.constantFrom(0, 0x40, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff),
  fc.integer({ min: 0, max: 0x10ffff }).filter((value) => value < 0xd800 || value > 0xdfff),
);
const ranges = fc
  .array(fc.tuple(codePoint, codePoint), { maxLength: 5 })
  .map((pairs) => pairs.flatMap(([a, b]) => [Math.min(a, b), Math.max(a, b)]));
const isWithin = (list: readonly number[], value: number) =>
  list.some((first, index) => index % 2 === 0 && first <= value && value <= list[index + 1]!);

describe("sets of characters", () => {
  it("hold what their ranges hold", () => {
    fc.assert(
      fc.property(ranges, ranges, codePoint, (a, b, value) => {
        const [first, second] = [characterSet(a), characterSet(b)];
        const [inFirst, inSecond] = [isWithin(a, value), isWithin(b, value)];
        const has = [
          first,
          complementOf(first),
          unionOf(first, second),
          intersectionOf(first, second),
          differenceOf(first, second),
        ];
        const expected = [inFirst, !inFirst, inFirst || inSecond, inFirst && inSecond, inFirst && !inSecond];
        expect(has.map((set) => hasCharacter(set, value))).toEqual(expected);
        expect(hasCharacter(first, 0xd800) || hasCharacter(complementOf(first), 0xdfff)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["\\p{L}", "\\p{Nd}", "[^\\p{Lu}a]", "\\s", "\\p{Cn}", "\\p{Co}", "(?!a)[a-c]", "\\p{NChar}", "\\p{Any}"])(
    "of %s are those that the engine matches",
    (pattern) => {
      const set = charactersMatching(pattern);
      const one = new RegExp(`^(?:${pattern})$`, "u");
      for (let value = 0; value <= 0x10ffff; value++) {
        if (value === 0xd800) value = 0xe000;
        // Every character where many are assigned, and samples of the rest.
        if (value > 0x3000 && value % 97 !== 0 && (value & 0xffff) < 0xfff0) continue;
        if (hasCharacter(set, value) !== one.test(String.fromCodePoint(value)))
          expect(value.toString(16)).toBe(pattern);
      }
    },
  );
});

describe("classes of characters", () => {
  /** The class that the bytes of a text lead to. */
  function classByBytes(root: Utf8Node, text: string): number {
    let at: number | Utf8Node = root;
    for (const byte of new TextEncoder().encode(text)) {
      const edges: Utf8Node["edges"] = (at as Utf8Node).edges;
      at = edges.children[edges.edgeOf[byte]!]!;
    }
    return at as number;
  }

  it("tell sets apart, by code point and by bytes", () => {
    fc.assert(
      fc.property(fc.array(ranges, { maxLength: 4 }), codePoint, (lists, value) => {
        const sets = lists.map(characterSet);
        const classes = characterClasses(sets);
        const one = classes.classOf(value);
        expect(classByBytes(classes.tree, String.fromCodePoint(value))).toBe(one);
        sets.forEach((set, index) => {
          expect(classes.isIn(one, index)).toBe(hasCharacter(set, value));
          expect(classes.classesIn(index).includes(one)).toBe(hasCharacter(set, value));
        });
        expect(classes.classOf(classes.representative(one))).toBe(one);
        expect(classes.leastBytes(one)).toBeLessThanOrEqual(
          new TextEncoder().encode(String.fromCodePoint(value)).length,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("letter case", () => {
  it("is folded as regular expressions fold it", () => {
    const cased = charactersMatching("\\p{Changes_When_Casemapped}");
    const sample: number[] = [];
    for (let value = 0; value <= 0x1ffff; value++) if (hasCharacter(cased, value)) sample.push(value);
    const text = sample.map((value) => String.fromCodePoint(value)).join("");
    for (const value of sample) {
      const alike = text.match(new RegExp(`\\u{${value.toString(16)}}`, "giu")) ?? [];
      expect(
        caseFamily(value)
          .map((other) => String.fromCodePoint(other))
          .sort(),
      ).toEqual([...alike].sort());
    }
    expect(caseClosure(charactersOf("kß1"))).toEqual(charactersOf("kK\u212aßẞ1"));
  });

  it("may take several characters", () => {
    expect([...casesOf("ß")].sort()).toEqual(["SS", "Ss", "ß", "ẞ"]);
    expect([...casesOf("ẞ")].sort()).toEqual(["SS", "Ss", "ß", "ẞ"]);
    expect(casesOf("1")).toEqual(["1"]);
  });
});

describe("canonical decompositions", () => {
  it("are those of every character that has one", () => {
    const found = new Map<number, string>();
    const visit = (node: DecompositionNode, text: string) => {
      for (const composite of node.composites) found.set(composite, text);
      for (const [codePoint, next] of node.next) visit(next, text + String.fromCodePoint(codePoint));
    };
    visit(canonicalDecompositions(), "");
    for (let value = 0; value <= 0x10ffff; value++) {
      if (value === 0xd800) value = 0xe000;
      const character = String.fromCodePoint(value);
      const decomposed = character.normalize("NFD");
      if (found.get(value) !== (decomposed === character ? undefined : decomposed))
        expect(found.get(value)).toBe(value.toString(16));
    }
  });

  it("have marks in any order, at different places of a letter", () => {
    expect(marksCommute("\u0302", "\u0323")).toBe(true);
    expect(marksCommute("\u064e", "\u0651")).toBe(true);
    expect(marksCommute("\u0301", "\u0302")).toBe(false);
    expect(marksCommute("\u0301", "\u0301")).toBe(false);
  });
});
