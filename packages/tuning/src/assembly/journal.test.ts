import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { isJournalComplete, JournalWriter, readJournal } from "./journal.ts";

const folder = temporaryFolder();
let count = 0;
const newFile = () => path.join(folder, `${count++}.jsonl`);
const run = { stage: "generate", settings: "abc" };

type Item = readonly [key: string, value: unknown];

/** Does all items, as a stage does. @returns the keys that were new */
function fill(file: string, items: readonly Item[], upTo = items.length): string[] {
  const journal = new JournalWriter(file, run);
  const made: string[] = [];
  try {
    for (const [key, value] of items.slice(0, upTo)) {
      if (journal.holds(key) !== undefined) continue;
      journal.append(key, value);
      made.push(key);
    }
    if (upTo === items.length) journal.complete({ items: items.length });
  } finally {
    journal.close();
  }
  return made;
}

const items: readonly Item[] = Array.from({ length: 60 }, (_, index) => [
  `key-${index}`,
  { dialogues: [{ text: `Satz ${index} — 你好 \u2028 ${"x".repeat(index * 7)}` }] },
]);

test("what was written is read, in order", () => {
  const file = newFile();
  fill(file, items);
  expect(Array.from(readJournal(file, run), ({ key, value }) => [key, value])).toEqual(items);
  expect(isJournalComplete(file)).toBe(true);
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
});

test("wherever a journal is cut off, it is gone on with to the same bytes", () => {
  const whole = newFile();
  fill(whole, items);
  const bytes = readFileSync(whole);
  const file = newFile();
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.uint8Array({ maxLength: 40 }), (length, noise) => {
      writeFileSync(file, bytes);
      truncateSync(file, length);
      // After a loss of power there can be anything behind what was brought to the disk.
      appendFileSync(file, length < bytes.length ? noise : Buffer.alloc(0));
      fill(file, items);
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }),
  );
});

test("what is done is not done again", () => {
  const file = newFile();
  fill(file, items, 25);
  expect(isJournalComplete(file)).toBe(false);
  expect(fill(file, items)).toEqual(items.slice(25).map(([key]) => key));
  expect(fill(file, items)).toEqual([]);
});

test("a byte that changed is noticed, and mended from there", () => {
  const file = newFile();
  fill(file, items);
  const sound = readFileSync(file);
  const broken = Buffer.from(sound);
  const at = sound.indexOf("Satz 30");
  broken[at] = broken[at]! ^ 1;
  writeFileSync(file, broken);
  expect(() => [...readJournal(file, run)]).toThrow(expect.objectContaining({ code: "work-damaged" }));
  fill(file, items);
  expect(readFileSync(file).equals(sound)).toBe(true);
});

test("a journal of another run or of other items is refused, and stays as it is", () => {
  const file = newFile();
  fill(file, items, 10);
  const before = readFileSync(file);
  expect(() => new JournalWriter(file, { ...run, settings: "other" })).toThrow(
    expect.objectContaining({ code: "work-changed" }),
  );
  expect(() => fill(file, [["key-x", 1], ...items])).toThrow(expect.objectContaining({ code: "work-changed" }));
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(() => [...readJournal(file, { stage: "other" })]).toThrow(expect.objectContaining({ code: "work-changed" }));
});

test("a journal that has not come to its end is no result", () => {
  const file = newFile();
  fill(file, items, 10);
  expect(() => [...readJournal(file, run)]).toThrow(expect.objectContaining({ code: "work-incomplete" }));
  expect(() => [...readJournal(newFile(), run)]).toThrow(expect.objectContaining({ code: "work-incomplete" }));
});
