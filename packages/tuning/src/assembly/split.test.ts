import fc from "fast-check";
import { expect, test } from "vitest";
import { exampleDialogue } from "../testing/example-dialogues.ts";
import { splitOf, splitOfDialogue } from "./split.ts";

const shares = { validation: 0.1, test: 0.1 };

test("about the share that was asked for, and the same for what differs in marks and case", () => {
  const sources = Array.from({ length: 4000 }, (_, index) => `sentence number ${index}`);
  const held = sources.filter((source) => splitOf(source, shares) !== "train").length;
  expect(held).toBeGreaterThan(650);
  expect(held).toBeLessThan(950);
  for (const source of sources.slice(0, 50))
    expect(splitOf(` ${source.toUpperCase()}! `, shares)).toBe(splitOf(source, shares));
});

test("a larger share takes from training only", () => {
  fc.assert(
    fc.property(fc.string(), (source) => {
      const before = splitOf(source, { validation: 0, test: 0.1 });
      const after = splitOf(source, { validation: 0.3, test: 0.1 });
      expect(before === "test").toBe(after === "test");
    }),
  );
});

test("a translation of what is held out is not taught", () => {
  const heldOut = Array.from({ length: 100 }, (_, index) => `held ${index}`).find(
    (text) => splitOf(text, shares) === "test",
  )!;
  const source = Array.from({ length: 100 }, (_, index) => `taught ${index}`).find(
    (text) => splitOf(text, shares) === "train",
  )!;
  const [turn] = exampleDialogue().turns;
  const turns = [{ ...turn!, reply: heldOut }];
  expect(splitOfDialogue(exampleDialogue({ source, turns }), shares)).toBeUndefined();
  expect(splitOfDialogue(exampleDialogue({ source: heldOut, turns }), shares)).toBe("test");
});
