import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { bands, createSketcher, MinHashIndex } from "./min-hash-index.ts";

/** Texts of words of one letter and three digits. */
const textOf = (words: readonly number[]) => words.map((word) => `w${word}`).join(" ");

function shingles(text: string): ReadonlySet<string> {
  return new Set(Array.from({ length: text.length - 3 }, (_, index) => text.slice(index, index + 4)));
}

function jaccard(left: string, right: string): number {
  const [one, other] = [shingles(left), shingles(right)];
  const both = [...one].filter((shingle) => other.has(shingle)).length;
  return both / (one.size + other.size - both);
}

/** Pairs of texts of all similarities: some of the words are others. */
function variants(count: number) {
  const random = new Random(5);
  return Array.from({ length: count }, () => {
    const share = random.fraction() * 0.9;
    const words = Array.from({ length: 30 }, () => 100 + random.below(900));
    const change = () => words.map((word) => (random.fraction() < share ? 100 + random.below(900) : word));
    return [textOf(words), textOf(words.toReversed()), textOf(change()), textOf(change().toReversed())] as const;
  });
}

test("the similarity is the mean Jaccard index of both sides, within its error", () => {
  const sketch = createSketcher();
  const keys = new Uint32Array(bands);
  const errors = variants(400).map(([source, target, otherSource, otherTarget]) => {
    const index = new MinHashIndex(4);
    index.add(keys, sketch(source, target, keys), 0, 0);
    const expected = (jaccard(source, otherSource) + jaccard(target, otherTarget)) / 2;
    return index.similarity(0, sketch(otherSource, otherTarget, keys)) - expected;
  });
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(deviation).toBeLessThan(0.1);
});

test("nearly all pairs above the limit are candidates, few that differ are", () => {
  const sketch = createSketcher();
  const keys = new Uint32Array(bands);
  const seen = { similar: 0, found: 0, different: 0, taken: 0 };
  for (const [source, target, otherSource, otherTarget] of variants(2500)) {
    const index = new MinHashIndex(4);
    const words = sketch(source, target, keys);
    index.add(keys, words, 0, 0);
    const similarity = Math.min(jaccard(source, otherSource), jaccard(target, otherTarget));
    sketch(otherSource, otherTarget, keys);
    const isCandidate = index.some(keys, () => true);
    if (similarity >= 0.8) {
      seen.similar++;
      if (isCandidate) seen.found++;
    } else if (similarity < 0.3) {
      seen.different++;
      if (isCandidate) seen.taken++;
    }
  }
  expect(seen.similar).toBeGreaterThan(100);
  expect(seen.different).toBeGreaterThan(100);
  expect(seen.found / seen.similar).toBeGreaterThan(0.96);
  expect(seen.taken / seen.different).toBeLessThan(0.2);
});

test("what falls out of the window is forgotten, and nothing else", () => {
  const sketch = createSketcher();
  const keys = new Uint32Array(bands);
  const index = new MinHashIndex(10);
  const has = (number: number) => {
    const name = `This is text number ${number}, ${Math.imul(number, 2654435761) >>> 0}`;
    sketch(name, name, keys);
    return index.some(keys, (row) => index.sourceKey(row) === number);
  };
  for (let number = 1; number <= 35; number++) {
    const name = `This is text number ${number}, ${Math.imul(number, 2654435761) >>> 0}`;
    index.add(keys, sketch(name, name, keys), number, number);
  }
  expect(Array.from({ length: 35 }, (_, place) => place + 1).filter(has)).toEqual([
    26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
  ]);
});
