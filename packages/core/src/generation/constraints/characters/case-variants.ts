import { type CharacterSet, characterSet, charactersMatching, forEachCharacter } from "./character-set.ts";

/** For every character with relatives: all that equal it without regard to case, itself among them. */
let families: Map<number, readonly number[]> | undefined;

/**
 * The characters that equal one without regard to case, itself among them: Unicode's simple case folding, found through
 * the engine's own mappings to upper and lower case.
 */
export function caseFamily(codePoint: number): readonly number[] {
  families ??= findFamilies();
  return families.get(codePoint) ?? [codePoint];
}

/** A set with all that equals one of its characters without regard to case. */
export function caseClosure(set: CharacterSet): CharacterSet {
  families ??= findFamilies();
  const ranges = [...set];
  // Far fewer characters have cases than a set may hold.
  const cased = [...families.keys()].sort((a, b) => a - b);
  let at = 0;
  for (const codePoint of cased) {
    while (at < set.length && set[at + 1]! < codePoint) at += 2;
    if (at === set.length) break;
    if (set[at]! <= codePoint) for (const other of families.get(codePoint)!) ranges.push(other, other);
  }
  return characterSet(ranges);
}

function findFamilies(): Map<number, readonly number[]> {
  const found = new Map<number, Set<number>>();
  const join = (a: number, b: number) => {
    const [ours, theirs] = [found.get(a) ?? new Set([a]), found.get(b) ?? new Set([b])];
    for (const member of theirs) ours.add(member);
    for (const member of ours) found.set(member, ours);
  };
  /** By upper case of several characters: those that have it may be the same letter (ΐ, composed in two ways). */
  const byUpperCase = new Map<string, number>();
  forEachCharacter(charactersMatching("\\p{Changes_When_Casemapped}"), (codePoint) => {
    const character = String.fromCodePoint(codePoint);
    const upper = character.toUpperCase();
    const twin = byUpperCase.get(upper);
    if (twin !== undefined && foldsAlike(twin, character)) join(twin, codePoint);
    else if (Array.from(upper).length > 1) byUpperCase.set(upper, codePoint);
    for (const mapped of [character.toLowerCase(), upper]) {
      const other = mapped.codePointAt(0)!;
      // What grows is no simple mapping, and what does not come back may be another letter: ı goes to I, and not to i.
      if (String.fromCodePoint(other) !== mapped || other === codePoint) continue;
      const comesBack = mapped.toLowerCase() === character || mapped.toUpperCase() === character;
      if (comesBack || foldsAlike(codePoint, mapped)) join(codePoint, other);
    }
  });
  const members = new Map<number, readonly number[]>();
  for (const [codePoint, family] of found) members.set(codePoint, [...family]);
  return members;
}

function foldsAlike(codePoint: number, other: string): boolean {
  return new RegExp(`^\\u{${codePoint.toString(16)}}$`, "iu").test(other);
}

/**
 * The ways to write a character in any case: its family, and what grows in upper and title case (ß, SS, Ss). What is
 * written in lower case alone (ss) is another spelling.
 */
export function casesOf(character: string): readonly string[] {
  const cases = new Set<string>();
  for (const codePoint of caseFamily(character.codePointAt(0)!)) {
    const member = String.fromCodePoint(codePoint);
    const upper = member.toUpperCase();
    const [first = "", ...rest] = upper;
    cases.add(member);
    if (rest.length > 0) cases.add(upper).add(first + rest.join("").toLowerCase());
  }
  return [...cases];
}
