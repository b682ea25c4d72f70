import fc from "fast-check";
import { expect, test } from "vitest";
import { TextHashSet } from "./hashes.ts";

test("a set of hashes is a set of texts", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 3000 }), (texts) => {
      const [hashes, set] = [new TextHashSet(), new Set<string>()];
      for (const text of texts) {
        expect(hashes.has(text)).toBe(set.has(text));
        expect(hashes.add(text)).toBe(!set.has(text));
        set.add(text);
      }
      expect(hashes.size).toBe(set.size);
    }),
  );
});

test("no two of many texts that are alike are taken for one", () => {
  const hashes = new TextHashSet();
  for (let index = 0; index < 300_000; index++) hashes.add(`Satz ${index}`);
  expect(hashes.size).toBe(300_000);
  expect(hashes.has("Satz 300000")).toBe(false);
});
