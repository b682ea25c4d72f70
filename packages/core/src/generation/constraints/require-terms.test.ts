import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectError } from "../../testing/expect-error.ts";
import { requireTerms } from "./require-terms.ts";

type Term = string | readonly string[];

function stateAfter(terms: readonly Term[], text: string, options = {}) {
  const requirement = requireTerms(terms, options);
  let state = requirement.begin();
  for (const byte of new TextEncoder().encode(text)) state = requirement.step(state, byte)!;
  return { requirement, state };
}

function isMet(terms: readonly Term[], text: string, options = {}): boolean {
  const { requirement, state } = stateAfter(terms, text, options);
  return requirement.mayEnd(state);
}

const spaced = "(?![\\p{sc=Han}\\p{sc=Hangul}])[\\p{L}\\p{M}\\p{N}_]";

/** The same by a regular expression for each form. */
function isMetByRegExp(terms: readonly Term[], text: string, wholeWords: boolean): boolean {
  const literal = (form: string) => form.replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&");
  const startsWord = new RegExp(`^${spaced}`, "u");
  const endsWord = new RegExp(`${spaced}$`, "u");
  return terms.every((term) =>
    [term].flat().some((form) => {
      const before = wholeWords && startsWord.test(form) ? `(?<!${spaced})` : "";
      const after = wholeWords && endsWord.test(form) ? `(?!${spaced})` : "";
      return new RegExp(`${before}${literal(form)}${after}`, "u").test(text);
    }),
  );
}

const letters = fc.string({
  unit: fc.constantFrom("a", "b", " ", ".", "é", "ß", "银", "行", "서", "1"),
  maxLength: 12,
});
const form = fc
  .string({ unit: fc.constantFrom("a", "b", " ", "é", "银", "行", "서", "1"), minLength: 1, maxLength: 3 })
  .filter((text) => text.trim() !== "");
const term = fc.oneof(form, fc.array(form, { minLength: 1, maxLength: 3 }));
const terms = fc.array(term, { minLength: 1, maxLength: 3 });

describe("requireTerms", () => {
  it("finds what a regular expression finds, whole words or not", () => {
    fc.assert(
      fc.property(terms, letters, fc.boolean(), (list, text, wholeWords) => {
        expect(isMet(list, text, { wholeWords })).toBe(isMetByRegExp(list, text, wholeWords));
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[boolean, readonly Term[], string]>([
    [false, ["led"], "a ledger"],
    [false, ["led"], "filled"],
    [true, ["led"], "he led."],
    [true, ["led"], "a ledger led"],
    [true, ["New York", "York"], "in New York"],
    [false, ["New York", "York"], "in York"],
    [true, ["York", "New York City"], "New York City"],
    [true, [["bank", "shore"]], "the shore"],
    [true, [["bank", "banking"]], "banking"],
    [false, ["bank", "banking"], "banking"],
    [true, ["银行"], "在银行里"],
    [true, ["aba"], "ab aba"],
    [true, ["aab"], "a aab"],
    [true, ["서울"], "서울에서"],
    [true, ["naïve"], "naïve"],
    [false, ["cafe"], "cafe\u0301"],
    [true, ["C++"], "C++"],
    [true, [], ""],
  ])("says %s of %j in %j", (met, list, text) => {
    expect(isMet(list, text)).toBe(met);
  });

  it("is led to its end by any of its continuations, from wherever a text stands", () => {
    fc.assert(
      fc.property(terms, letters, fc.nat(), (list, text, choice) => {
        const { requirement, state: from } = stateAfter(list, text);
        let state = from;
        for (let turn = 0; !requirement.mayEnd(state); turn++) {
          expect(turn).toBeLessThan(10);
          const ways = requirement.continuations(state);
          for (const byte of ways[choice % ways.length]!) state = requirement.step(state, byte)!;
        }
        expect(requirement.writtenBytes(state)).toBe(requirement.requiredBytes);
        expect(requirement.bytesToEnd(state)).toBe(0);
      }),
    );
  });

  it("counts the bytes of what has begun, and forgets them when it is left", () => {
    const written = (text: string) => {
      const { requirement, state } = stateAfter(["Berlin", ["bank", "banking"]], text);
      return [requirement.writtenBytes(state), requirement.bytesToEnd(state)];
    };
    expect(written("")).toEqual([0, 11]);
    expect(written("Ber")).toEqual([3, 8]);
    expect(written("Bert")).toEqual([0, 12]);
    expect(written("Berlin")).toEqual([6, 5]);
    expect(written("Berliner")).toEqual([0, 12]);
    expect(written("the bank")).toEqual([7, 7]);
    expect(written("Berlin, bank")).toEqual([13, 0]);
  });

  it("does not ask for a term twice", () => {
    const { requirement, state } = stateAfter(["led", "x y"], "he led");
    const texts = requirement.continuations(state).map((bytes) => new TextDecoder().decode(bytes));
    expect(texts).toEqual([" ", " x y"]);
  });

  it("gives equal keys to states with equal futures, and only few", () => {
    const keys = new Set<string | number>();
    const requirement = requireTerms(["ab", "ba"]);
    fc.assert(
      fc.property(letters, (text) => {
        const { state } = stateAfter(["ab", "ba"], text);
        keys.add(requirement.key(state));
      }),
    );
    expect(keys.size).toBeLessThan(120);
  });

  it.each<readonly [unknown, unknown?]>([
    ["bank"],
    [undefined],
    [[""]],
    [["  "]],
    [["a", []]],
    [[["a", 5]]],
    [["\ud800"]],
    [new Array(2)],
    [["a"], null],
    [["a"], { wholeWords: 1 }],
  ])("refuses %j, %j", async (list, options) => {
    await expectError("argument-invalid", () => requireTerms(list as string[], options as object));
  });
});
