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

/** By what NFC makes of them: characters that it replaces, such as signs that are letters and compatibility ideographs. */
let replaced: Map<string, string[]> | undefined;

/** The characters that are another way to write a composed text of one to three characters (Å, क़). */
export function replacedBy(composed: string): readonly string[] {
  replaced ??= findReplaced();
  return replaced.get(composed) ?? [];
}

function findReplaced(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  forEachCharacter(charactersMatching("\\p{Changes_When_NFKC_Casefolded}"), (codePoint) => {
    const character = String.fromCodePoint(codePoint);
    const composed = character.normalize("NFC");
    if (composed !== character) found.set(composed, [...(found.get(composed) ?? []), character]);
  });
  return found;
}

/**
 * The ways to write a character: composed and decomposed, with `anyCase` also in upper, lower and title case, where it
 * may take several characters (ß, SS).
 */
export function spellingsOf(character: string, anyCase: boolean): readonly string[] {
  const cases = new Set([character]);
  if (anyCase) {
    for (const codePoint of caseFamily(character.codePointAt(0)!)) cases.add(String.fromCodePoint(codePoint));
    const upper = character.toUpperCase();
    const [first = "", ...rest] = upper;
    if (rest.length > 0) cases.add(upper).add(first + rest.join("").toLowerCase());
  }
  const spellings = new Set<string>();
  for (const one of cases) {
    const composed = one.normalize("NFC");
    for (const form of [one, composed, ...replacedBy(composed)]) spellings.add(form);
    for (const form of canonicalForms(composed)) spellings.add(form);
  }
  return [...spellings];
}

/** A decomposed character, composed step by step with each of its marks first. */
function canonicalForms(character: string): string[] {
  const [base = "", ...marks] = character.normalize("NFD");
  const forms = [base + marks.join("")];
  // More marks than Vietnamese has are left in their canonical order.
  if (marks.length > 3) return forms;
  for (const [index, mark] of marks.entries()) {
    const others = marks.filter((_, other) => other !== index);
    const begun = (base + mark).normalize("NFC");
    for (const order of [others, [...others].reverse()]) {
      const text = begun + order.join("");
      if (text.normalize("NFC") === character.normalize("NFC")) forms.push(text);
      const whole = base + mark + order.join("");
      if (whole.normalize("NFC") === character.normalize("NFC")) forms.push(whole);
    }
  }
  return forms;
}
