import fc from "fast-check";
import { expect, test } from "vitest";
import { exampleDialogue } from "../testing/example-dialogues.ts";
import { createSplitter } from "./splitter.ts";

const splitter = await createSplitter({ validation: 0.1, test: 0.1 });
/** A text of each kind for every number. */
const letters = (index: number) => [...String(index)].map((digit) => "abcdefghij"[Number(digit)]).join("");

test("about the share that was asked for, and the same for what differs in marks and case", () => {
  const sources = Array.from({ length: 4000 }, (_, index) => `sentence ${letters(index)}`);
  const held = sources.filter((source) => splitter.splitOf(source) !== "train").length;
  expect(held).toBeGreaterThan(650);
  expect(held).toBeLessThan(950);
  for (const source of sources.slice(0, 50))
    expect(splitter.splitOf(` ${source.toUpperCase()}! `)).toBe(splitter.splitOf(source));
});

test("a larger share takes from training only", async () => {
  const [small, large] = await Promise.all([
    createSplitter({ validation: 0, test: 0.1 }),
    createSplitter({ validation: 0.3, test: 0.1 }),
  ]);
  fc.assert(
    fc.property(fc.string(), (source) => {
      const before = small.splitOf(source);
      const after = large.splitOf(source);
      expect(before === "test").toBe(after === "test");
    }),
  );
});

test("a translation of what is held out is not taught", () => {
  const heldOut = Array.from({ length: 100 }, (_, index) => `held ${letters(index)}`).find(
    (text) => splitter.splitOf(text) === "test",
  )!;
  const source = Array.from({ length: 100 }, (_, index) => `taught ${letters(index)}`).find(
    (text) => splitter.splitOf(text) === "train",
  )!;
  const [turn] = exampleDialogue().turns;
  const turns = [{ ...turn!, reply: heldOut }];
  expect(splitter.splitOfDialogue(exampleDialogue({ source, turns }))).toBeUndefined();
  expect(splitter.splitOfDialogue(exampleDialogue({ source: heldOut, turns }))).toBe("test");
});

test.each([
  ["Tom was born in 1980.", "Robert was born in 1979."],
  ["Tom's train to Boston", "Mark’s train to London."],
  ["Toms Zug nach Wien", "Peters Zug nach Tokio"],
  ["汤姆明天去波士顿。", "约翰明天去芝加哥"],
  ["湯姆明天去波士頓。", "约翰明天去芝加哥"],
  ["他開始找工作了。", "他开始找工作了"],
])("%j and %j are not parted", (one, other) => {
  expect(splitter.keyOf(one)).toBe(splitter.keyOf(other));
});

test.each([
  ["Tom is here.", "Mary is here."],
  ["Tom is here.", "Boston is here."],
  ["a 1", "a b"],
  ["猫在这里。", "狗在这里。"],
])("%j and %j may be", (one, other) => {
  expect(splitter.keyOf(one)).not.toBe(splitter.keyOf(other));
});

test.each([
  { validation: -1, test: 0 },
  { validation: 0.5, test: 0.5 },
  { validation: 0, test: 1 },
])("no shares: %j", async (shares) => {
  await expect(createSplitter(shares)).rejects.toMatchObject({ code: "argument-invalid" });
});

test.each([
  ["validation", { validation: -0.1, test: 0.1 }],
  ["test", { validation: 0.01, test: 7 }],
  ["validation and test", { validation: 0.5, test: 0.5 }],
])("what cannot be held out is named: %s", async (field, shares) => {
  await expect(createSplitter(shares)).rejects.toMatchObject({ code: "argument-invalid", field });
});
