/**
 * A set of Unicode characters: first and last code point of each range, ascending, ranges neither touching nor
 * overlapping. Surrogates are no characters and are in no set.
 */
export type CharacterSet = readonly number[];

export const noCharacters: CharacterSet = [];
export const allCharacters: CharacterSet = [0, 0xd7ff, 0xe000, 0x10ffff];

/** The union of ranges in any order, given as first and last code points; surrogates are left out. */
export function characterSet(ranges: readonly number[]): CharacterSet {
  const pairs: [number, number][] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    const [first, last] = [ranges[index]!, ranges[index + 1]!];
    if (first <= Math.min(last, 0xd7ff)) pairs.push([first, Math.min(last, 0xd7ff)]);
    if (last >= 0xe000 && first <= last) pairs.push([Math.max(first, 0xe000), last]);
  }
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, last] of pairs) {
    const end = joined.length - 1;
    if (end > 0 && first <= joined[end]! + 1) joined[end] = Math.max(joined[end]!, last);
    else joined.push(first, last);
  }
  return joined;
}

/** The characters that a text holds. */
export function charactersOf(text: string): CharacterSet {
  return characterSet(Array.from(text).flatMap((character) => [character.codePointAt(0)!, character.codePointAt(0)!]));
}

export function unionOf(...sets: readonly CharacterSet[]): CharacterSet {
  return characterSet(sets.flat());
}

export function complementOf(set: CharacterSet): CharacterSet {
  const ranges: number[] = [];
  let next = 0;
  for (let index = 0; index < set.length; index += 2) {
    ranges.push(next, set[index]! - 1);
    next = set[index + 1]! + 1;
  }
  return characterSet([...ranges, next, 0x10ffff]);
}

/** The characters of one set that another lacks. */
export function differenceOf(set: CharacterSet, without: CharacterSet): CharacterSet {
  return complementOf(unionOf(complementOf(set), without));
}

export function intersectionOf(a: CharacterSet, b: CharacterSet): CharacterSet {
  return differenceOf(a, complementOf(b));
}

export function hasCharacter(set: CharacterSet, codePoint: number): boolean {
  let [low, high] = [0, set.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[2 * middle + 1]! < codePoint) low = middle + 1;
    else high = middle;
  }
  return low < set.length / 2 && set[2 * low]! <= codePoint;
}

/** Calls back with every code point of a set, in ascending order. */
export function forEachCharacter(set: CharacterSet, visit: (codePoint: number) => void): void {
  for (let index = 0; index < set.length; index += 2) {
    for (let codePoint = set[index]!; codePoint <= set[index + 1]!; codePoint++) visit(codePoint);
  }
}

/** Planes 0 to 3 and the beginning of 14 are all that Unicode assigns characters in, beyond private use. */
const scanned = [0, 0x3ffff, 0xe0000, 0xe0fff];
let chunks: readonly { readonly first: number; readonly text: string }[] | undefined;

function scannedChunks(): NonNullable<typeof chunks> {
  if (chunks !== undefined) return chunks;
  const made: { first: number; text: string }[] = [];
  const size = 0x800; // surrogates are one chunk
  forEachRange(scanned, (from, to) => {
    for (let first = from; first <= to; first += size) {
      if (first === 0xd800) continue;
      const units: number[] = [];
      for (let codePoint = first; codePoint < first + size; codePoint++) {
        if (codePoint < 0x10000) units.push(codePoint);
        else units.push(0xd7c0 + (codePoint >> 10), 0xdc00 | (codePoint & 0x3ff));
      }
      made.push({ first, text: String.fromCharCode(...units) });
    }
  });
  chunks = made;
  return made;
}

function forEachRange(ranges: readonly number[], visit: (from: number, to: number) => void): void {
  for (let index = 0; index < ranges.length; index += 2) visit(ranges[index]!, ranges[index + 1]!);
}

const known = new Map<string, CharacterSet>();

/**
 * The characters that a class of regular expressions matches, as this engine's Unicode has them: `\p{L}`, `[\p{N}_]`.
 * Computed once a class, in some ten milliseconds.
 * @throws SyntaxError for a class that the engine does not know
 */
export function charactersMatching(characterClass: string): CharacterSet {
  const before = known.get(characterClass);
  if (before !== undefined) return before;
  const runs = new RegExp(`(?:${characterClass})+`, "gu");
  const ranges: number[] = [];
  for (const { first, text } of scannedChunks()) {
    // A chunk has only characters of one unit, or only of two.
    const units = first < 0x10000 ? 1 : 2;
    for (const { 0: run, index } of text.matchAll(runs)) {
      const from = first + index / units;
      ranges.push(from, from + run.length / units - 1);
    }
  }
  const single = new RegExp(`^(?:${characterClass})$`, "u");
  const probe = (from: number, to: number) => {
    if (single.test(String.fromCodePoint(from))) ranges.push(from, to);
  };
  // All characters of these ranges have the same properties, but for the two at the end of each plane.
  for (let plane = 4; plane <= 16; plane++) {
    probe(plane === 14 ? 0xe1000 : plane << 16, (plane << 16) + 0xfffd);
    probe((plane << 16) + 0xfffe, (plane << 16) + 0xffff);
  }
  const set = characterSet(ranges);
  known.set(characterClass, set);
  return set;
}
