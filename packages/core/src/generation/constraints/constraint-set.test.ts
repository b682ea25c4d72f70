import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAllowed } from "../../sampling/token-mask.ts";
import { expectError } from "../../testing/expect-error.ts";
import { byteLevelTokenizer, sentencePieceTokenizer } from "../../testing/vocabularies.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Constraint } from "./constraint.ts";
import { ConstraintSet, type ConstraintSetOptions, type ConstraintState } from "./constraint-set.ts";
import { forbid } from "./forbid.ts";
import { keepPrefix } from "./keep-prefix.ts";
import { requireTerms } from "./require-terms.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether bytes may begin a text that is well-formed UTF-8: some rest makes them one. */
function mayBeText(bytes: readonly number[]): boolean {
  const rests = [[], [0x80], [0xbf], [0x80, 0x80], [0xbf, 0xbf], [0x80, 0x80, 0x80], [0xbf, 0x80, 0x80]];
  return rests.some((rest) => {
    try {
      decoder.decode(Uint8Array.from([...bytes, ...rest]));
      return true;
    } catch {
      return false;
    }
  });
}

interface Oracle {
  readonly constraints: readonly Constraint[];
  readonly stop: readonly string[];
  readonly leadingSpace: boolean;
}

/** What constraints say of bytes, stepped from the first one: whether they may stand there, and end there. */
function judge({ constraints, leadingSpace }: Oracle, bytes: readonly number[]): { may: boolean; mayEnd: boolean } {
  const seen = leadingSpace && bytes[0] === 0x20 ? bytes.slice(1) : bytes;
  const states = constraints.map((constraint) =>
    seen.reduce<unknown>(
      (state, byte) => (state === undefined ? state : constraint.step(state, byte)),
      constraint.begin(),
    ),
  );
  const may = states.every((state) => state !== undefined) && mayBeText(seen);
  let whole = true;
  try {
    decoder.decode(Uint8Array.from(seen));
  } catch {
    whole = false;
  }
  return { may, mayEnd: may && whole && constraints.every((constraint, index) => constraint.mayEnd(states[index])) };
}

/** Where the stop string begins that is complete first, byte by byte; the longest of those that end together. */
function stopOf(stop: readonly string[], bytes: readonly number[]): number | undefined {
  for (let end = 1; end <= bytes.length; end++) {
    const begins = stop
      .map((string) => new TextEncoder().encode(string))
      .filter((string) => string.every((byte, index) => bytes[end - string.length + index] === byte))
      .map((string) => end - string.length);
    if (begins.length > 0) return Math.min(...begins);
  }
  return undefined;
}

/** Whether a text may go on with a token, in the plainest way there is. */
function mayFollow(oracle: Oracle, text: readonly number[], token: Uint8Array): boolean {
  for (let length = 1; length <= token.length; length++) {
    const bytes = [...text, ...token.subarray(0, length)];
    const stopped = stopOf(oracle.stop, bytes);
    if (stopped !== undefined) return judge(oracle, bytes.slice(0, stopped)).mayEnd;
    if (!judge(oracle, bytes).may) return false;
  }
  return true;
}

function walk(set: ConstraintSet, tokens: readonly number[]): ConstraintState | undefined {
  return tokens.reduce<ConstraintState | undefined>((state, token) => state && set.advance(state, token), set.begin);
}

function setOf(tokenizer: Tokenizer, constraints: readonly Constraint[], options: Partial<ConstraintSetOptions> = {}) {
  const { vocabularySize } = tokenizer;
  return new ConstraintSet(constraints, {
    tokenizer,
    vocabularySize,
    stopTokens: [...tokenizer.endTokens],
    ...options,
  });
}

const builders: readonly (() => Constraint)[] = [
  () => requireTerms(["fox", ["the lazy", "dog"]]),
  () => requireTerms(["翻译"]),
  () => forbid(["the", "机"]),
  () => forbid([{ term: "dog", matchCase: true }]),
  () => keepPrefix("The qu"),
  () => keepPrefix(Uint8Array.of(0xe6, 0x9c)),
];

describe.each([
  ["byte-level", byteLevelTokenizer()],
  ["sentencepiece", sentencePieceTokenizer()],
])("constraints over the tokens of a %s vocabulary", (_, tokenizer) => {
  const texts = Array.from({ length: tokenizer.vocabularySize }, (_, token) => token).filter(
    (token) => tokenizer.tokenBytes(token).length > 0,
  );

  it("allow exactly the tokens whose every byte may come, wherever a text stands", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...builders), { minLength: 1, maxLength: 3 }),
        fc.constantFrom<readonly string[]>([], ["\n"], ["the", "he dog"], [" l", "lazy"]),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 10 }),
        (chosen, stop, leadingSpace, choices) => {
          const oracle = { constraints: chosen.map((build) => build()), stop, leadingSpace };
          const set = setOf(tokenizer, oracle.constraints, { stop, leadingSpace });
          let state = set.begin;
          const written: number[] = [];
          for (const choice of [...choices, 0]) {
            const expected = texts.filter((token) => mayFollow(oracle, written, tokenizer.tokenBytes(token)));
            const { mayEnd } = judge(oracle, written);
            const mask = set.mask(state);
            const allowed = mask === undefined ? [] : texts.filter((token) => isAllowed(mask, token));
            expect(allowed).toEqual(expected);
            expect(set.mayEnd(state)).toBe(mayEnd);
            for (const token of tokenizer.endTokens) expect(mask !== undefined && isAllowed(mask, token)).toBe(mayEnd);
            expect(mask === undefined).toBe(expected.length === 0 && !mayEnd);
            if (expected.length === 0) return;
            const token = expected[choice % expected.length]!;
            written.push(...tokenizer.tokenBytes(token));
            state = set.advance(state, token)!;
            if (stopOf(stop, written) !== undefined) {
              expect(set.isStopped(state)).toBe(true);
              return;
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("refuse to go on with tokens that the mask forbids", () => {
    const set = setOf(tokenizer, [keepPrefix("The"), forbid(["quick"])]);
    const mask = set.mask(set.begin)!;
    for (let token = 0; token < tokenizer.vocabularySize; token++) {
      const goesOn = set.advance(set.begin, token) !== undefined;
      expect(goesOn).toBe(isAllowed(mask, token) && !tokenizer.endTokens.has(token));
    }
    expect(set.advance(set.begin, tokenizer.vocabularySize)).toBeUndefined();
  });

  it("plan a way to the end that keeps to all of them", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...builders.slice(0, 4)), { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (chosen, choices) => {
          const set = setOf(
            tokenizer,
            chosen.map((build) => build()),
          );
          let state = set.begin;
          const take = (token: number) => {
            state = set.advance(state, token)!;
          };
          for (const choice of choices) {
            const allowed = texts.filter((token) => set.advance(state, token) !== undefined);
            if (allowed.length > 0) take(allowed[choice % allowed.length]!);
          }
          const before = state;
          const plan = set.plan(state);
          // "dog" is asked for and forbidden, but "the lazy" is too: only then is there none.
          if (plan === undefined) return expect(chosen).toEqual(expect.arrayContaining([builders[0], builders[2]]));
          expect(set.fits(before, plan.length)).toBe(true);
          for (const token of plan) take(token);
          expect(set.mayEnd(state)).toBe(true);
          return undefined;
        },
      ),
      { numRuns: 100 },
    );
  });

  it("name those that contradict each other, and no others", async () => {
    const [lazy, fox] = [requireTerms(["lazy dog"]), requireTerms(["fox"])];
    const set = setOf(tokenizer, [fox, lazy, keepPrefix("The"), forbid(["dog"])]);
    const error = await expectError("constraint-unsatisfiable", () => set.check());
    expect(error.message).toContain('require "lazy dog"');
    expect(error.message).toContain('forbid "dog"');
    expect(error.message).not.toContain("fox");
    expect(error.message).not.toContain("prefix");
    const begun = new TextEncoder().encode("A dog");
    const broken = await expectError("constraint-unsatisfiable", () =>
      setOf(tokenizer, [fox, keepPrefix("The")], { begun }),
    );
    expect(broken.message).toContain('keep prefix "The"');
    expect(broken.message).not.toContain("fox");
  });

  it("go on from what has begun", () => {
    const begun = new TextEncoder().encode("The fo");
    const set = setOf(tokenizer, [requireTerms(["fox"]), keepPrefix("The fox")], { begun });
    expect(set.plan(set.begin)!.flatMap((token) => [...tokenizer.tokenBytes(token)])).toEqual([0x78]);
  });

  it("never allow excluded tokens, and stop tokens only where the text may end", () => {
    const [letter] = tokenizer.encode("\nThe", { addBos: false }).slice(-1);
    const set = setOf(tokenizer, [requireTerms(["fox"])], { stopTokens: [letter!] });
    expect(isAllowed(set.mask(set.begin)!, letter!)).toBe(false);
    expect(isAllowed(set.mask(walk(set, set.plan(set.begin)!)!)!, letter!)).toBe(true);
    const excluded = new Set(texts.filter((token) => tokenizer.tokenBytes(token).includes(0x78)));
    const without = setOf(tokenizer, [requireTerms(["fox", "a"])], { excluded });
    expect(without.plan(without.begin)).toBeUndefined();
    for (const token of excluded) expect(isAllowed(without.mask(without.begin)!, token)).toBe(false);
  });
});

/** A vocabulary of these tokens and an end token. */
function vocabularyOf(tokens: readonly string[]): Tokenizer {
  const bytes = tokens.map((token) => new TextEncoder().encode(token));
  return {
    ...sentencePieceTokenizer(),
    vocabularySize: tokens.length + 1,
    endTokens: new Set([tokens.length]),
    unknownToken: undefined,
    isControl: (token) => token === tokens.length,
    tokenBytes: (token) => bytes[token] ?? new Uint8Array(0),
  } as Tokenizer;
}

describe("a vocabulary that cannot write every byte", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 });

  /** Whether some text of at most `length` tokens meets the constraints: tries them all. */
  function exists(constraint: Constraint, tokens: readonly string[], length: number): boolean {
    let frontier = [constraint.begin()];
    for (let count = 0; ; count++) {
      if (frontier.some((state) => constraint.mayEnd(state))) return true;
      if (count === length) return false;
      const next = new Map<unknown, unknown>();
      for (const state of frontier) {
        for (const token of tokens) {
          let at: unknown = state;
          for (const byte of new TextEncoder().encode(token)) at = constraint.step(at, byte);
          next.set(constraint.key(at), at);
        }
      }
      frontier = [...next.values()];
    }
  }

  it("plans an end whenever there is one", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 4 }),
        fc.array(word, { minLength: 1, maxLength: 2 }),
        (tokens, terms) => {
          const build = () => requireTerms(terms, { wholeWords: false });
          const set = setOf(vocabularyOf(tokens), [build()]);
          const plan = set.plan(set.begin);
          expect(plan !== undefined).toBe(exists(build() as Constraint, tokens, 8));
          if (plan !== undefined) expect(set.mayEnd(walk(set, plan)!)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("has no mask where nothing may come, and no end", () => {
    const set = setOf(vocabularyOf(["ab", "c"]), [keepPrefix("abd")]);
    expect(set.mask(walk(set, [0])!)).toBeUndefined();
    expect(set.mayEnd(walk(set, [0])!)).toBe(false);
  });
});
