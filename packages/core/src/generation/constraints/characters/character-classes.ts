import type { CharacterSet } from "./character-set.ts";
import { type Utf8Node, utf8Tree } from "./utf8-tree.ts";

/**
 * Characters sorted into classes that a set of automata rules cannot tell apart, numbered from 0, so that an automaton
 * steps over a few classes instead of a million characters.
 */
export interface CharacterClasses {
  readonly count: number;
  /** The class of a code point. */
  classOf(codePoint: number): number;
  /** The classes that make up the set of this index. */
  classesIn(set: number): readonly number[];
  /** Whether a class lies in the set of this index. */
  isIn(characterClass: number, set: number): boolean;
  /** Some character of a class, and of those that take the fewest bytes in UTF-8. */
  representative(characterClass: number): number;
  /** The fewest bytes that a character of the class takes in UTF-8. */
  leastBytes(characterClass: number): number;
  /** The bytes of UTF-8 → classes, from the first byte of a character. */
  readonly tree: Utf8Node;
}

/** The coarsest classes that each of `sets` is a union of. */
export function characterClasses(sets: readonly CharacterSet[]): CharacterClasses {
  const { starts, classes, members } = partition(sets);
  const classOf = (codePoint: number) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= codePoint) low = middle;
      else high = middle - 1;
    }
    return classes[low]!;
  };
  const representatives: number[] = [];
  starts.forEach((start, index) => {
    const isSurrogate = start >= 0xd800 && start <= 0xdfff;
    if (!isSurrogate) representatives[classes[index]!] ??= start;
  });
  const inSet: number[][] = sets.map(() => []);
  for (const [characterClass, indices] of members.entries())
    for (const set of indices) inSet[set]!.push(characterClass);
  const membership = members.map((indices) => new Set(indices));
  return {
    count: members.length,
    classOf,
    classesIn: (set) => inSet[set]!,
    isIn: (characterClass, set) => membership[characterClass]!.has(set),
    representative: (characterClass) => representatives[characterClass]!,
    leastBytes: (characterClass) => utf8Length(representatives[characterClass]!),
    tree: utf8Tree(starts, classes),
  };
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Cuts all code points into segments within which no set begins or ends. */
function partition(sets: readonly CharacterSet[]) {
  const events = new Map<number, number[]>([[0, []]]);
  const toggle = (codePoint: number, set: number) => {
    const there = events.get(codePoint);
    if (there === undefined) events.set(codePoint, [set]);
    else there.push(set);
  };
  sets.forEach((set, index) => {
    for (let at = 0; at < set.length; at += 2) {
      toggle(set[at]!, index);
      toggle(set[at + 1]! + 1, index);
    }
  });
  // Surrogates are cut out so that no class is represented by one, or consists of nothing else.
  for (const edge of [0xd800, 0xe000]) if (!events.has(edge)) events.set(edge, []);
  const starts: number[] = [];
  const classes: number[] = [];
  const numbers = new Map<string, number>();
  const members: number[][] = [];
  const active = new Set<number>();
  for (const codePoint of [...events.keys()].sort((a, b) => a - b)) {
    for (const set of events.get(codePoint)!) if (!active.delete(set)) active.add(set);
    if (codePoint > 0x10ffff) break;
    starts.push(codePoint);
    if (codePoint === 0xd800) {
      classes.push(0); // never looked up
      continue;
    }
    const signature = [...active].sort((a, b) => a - b);
    const name = signature.join();
    let number = numbers.get(name);
    if (number === undefined) {
      number = members.push(signature) - 1;
      numbers.set(name, number);
    }
    classes.push(number);
  }
  return { starts, classes, members };
}
