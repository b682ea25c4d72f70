import { expect, it } from "vitest";
import type { Dialogue } from "../../dialogues/dialogue.ts";
import { exampleDialogue } from "../../testing/example-dialogues.ts";
import { selectBalanced } from "./balanced-selection.ts";

function dialogue(source: string, to: string, ...kinds: string[]): Dialogue {
  const [first, , last] = exampleDialogue().turns;
  const later = kinds.map((kind) => ({ ...last!, act: { kind } }));
  return exampleDialogue({ id: `${source} ${to} ${kinds}`, source, to, turns: [first!, ...later] });
}

it("draws what is rare as often as what is not, in every direction", () => {
  const common = Array.from({ length: 90 }, (_, index) => dialogue(`common ${index}`, "en", "ask", "explain"));
  const rare = Array.from({ length: 10 }, (_, index) => dialogue(`rare ${index}`, "en", "insert", "delete"));
  const german = Array.from({ length: 20 }, (_, index) => dialogue(`german ${index}`, "de", "ask", "explain"));
  const selected = selectBalanced([...common, ...rare, ...german], 30);
  const count = (start: string) => selected.filter(({ source }) => source.startsWith(start)).length;
  expect(selected.length).toBe(30);
  expect([7, 8]).toContain(count("rare"));
  expect(Math.abs(count("german") - 15)).toBeLessThanOrEqual(1);
});

it("draws no source twice, and no more than there are", () => {
  const twice = [dialogue("one", "en", "ask"), dialogue("one", "en", "insert"), dialogue("two", "en", "ask")];
  const selected = selectBalanced(twice, 5);
  expect(selected.map(({ source }) => source).sort()).toEqual(["one", "two"]);
  expect(selectBalanced([], 5)).toEqual([]);
});
