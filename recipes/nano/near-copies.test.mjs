import fc from "fast-check";
import { expect, test } from "vitest";
import { NearCopies, wordsOf } from "./near-copies.mjs";

const known = new NearCopies("en");
for (const text of ["The cat sat on the mat.", "I like tea.", "Go!"]) known.add(text);

test.each([
  "The cat sat on the mat!",
  "the dog sat on the mat",
  "The cat sat on mat.",
  "The black cat sat on the mat.",
  "I like green tea.",
  "Like tea?",
  "I hate tea.",
])("%j differs by one word at most", (text) => {
  expect(known.has(text)).toBe(true);
});

test.each(["The dog sat on the sofa.", "Tea I like.", "I do not like tea.", "Where are you?"])(
  "%j differs by more",
  (text) => {
    expect(known.has(text)).toBe(false);
  },
);

test("Chinese is compared by its words", () => {
  const chinese = new NearCopies("zh-Hans");
  chinese.add("我喜欢喝茶。");
  expect(wordsOf("我喜欢喝茶。", "zh-Hans").length).toBeGreaterThan(2);
  expect(chinese.has("你喜欢喝茶")).toBe(true);
  expect(chinese.has("你们明天去学校")).toBe(false);
});

test("one edit of any kind is found", () => {
  const word = fc.constantFrom("red", "green", "blue", "one", "two", "three");
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 8 }), word, fc.nat(), (words, other, at) => {
      const place = at % words.length;
      const copies = new NearCopies("en");
      copies.add(words.join(" "));
      expect(copies.has(words.with(place, other).join(" "))).toBe(true);
      expect(copies.has(words.toSpliced(place, 1).join(" "))).toBe(true);
      expect(copies.has(words.toSpliced(place, 0, other).join(" "))).toBe(true);
    }),
  );
});
