import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DraftLookup } from "./draft-lookup.ts";

/** Writes `text` with the help of a draft. @returns how often the model had to be asked */
function write(text: readonly number[], draft: readonly number[]): number {
  const lookup = new DraftLookup(draft);
  const written: number[] = [];
  let steps = 0;
  while (written.length < text.length) {
    steps++;
    const proposed = lookup.propose(text.length - written.length - 1);
    expect(proposed.length).toBeLessThan(Math.max(1, text.length - written.length));
    let accepted = 0;
    while (accepted < proposed.length && proposed[accepted] === text[written.length + accepted]) accepted++;
    written.push(...text.slice(written.length, written.length + accepted + 1));
    lookup.advance(written, proposed.length, accepted);
  }
  expect(written).toEqual(text);
  return steps;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe("DraftLookup", () => {
  it("follows a draft that is the text", () => {
    expect(write(range(0, 100), range(0, 100))).toBeLessThanOrEqual(6);
  });

  it("finds its place again after what was inserted, replaced and deleted", () => {
    const draft = range(0, 100);
    const inserted = [...range(0, 40), 500, 501, 502, ...range(40, 100)];
    const replaced = [...range(0, 40), 500, 501, ...range(43, 100)];
    const deleted = [...range(0, 40), ...range(60, 100)];
    for (const text of [inserted, replaced, deleted]) expect(write(text, draft)).toBeLessThanOrEqual(20);
  });

  it("costs nothing where the draft has nothing to say", () => {
    expect(write(range(0, 50), range(100, 200))).toBe(50);
    expect(write(range(0, 50), [])).toBe(50);
  });

  it("never takes more steps than there are tokens", () => {
    const tokens = fc.array(fc.nat(5), { maxLength: 60 });
    fc.assert(
      fc.property(tokens, tokens, (text, draft) => {
        expect(write(text, draft)).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
