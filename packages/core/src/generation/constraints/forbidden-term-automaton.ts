import { replacedBy, spellingsOf } from "./characters/case-variants.ts";
import type { CharacterAutomaton } from "./characters/character-automaton.ts";
import { type CharacterClasses, characterClasses } from "./characters/character-classes.ts";
import { type CharacterSet, charactersOf, hasCharacter } from "./characters/character-set.ts";
import { shortestEnd } from "./characters/shortest-end.ts";
import { invisibleCharacters, spacedLetters, unspacedLetters, whiteSpace } from "./word-characters.ts";

/** A term with all choices made but that of its ends. */
export interface ForbiddenForm {
  readonly term: string;
  readonly matchCase: boolean;
  readonly wholeWord: boolean | undefined;
}

/** What may not touch an end of a term: anything may, no letter of a spaced script, none of an unspaced one. */
enum Border {
  Open = 0,
  Spaced = 1,
  Unspaced = 2,
}

/** Indices of the first four sets that the classes are made of. */
const [spacedSet, unspacedSet, whiteSet, invisibleSet] = [0, 1, 2, 3] as const;

interface PlannedTerm {
  /** The characters, composed; a space is any white space. */
  readonly letters: readonly string[];
  /** The ways to write parts of it. */
  readonly spellings: readonly { readonly from: number; readonly to: number; readonly text: string }[];
  readonly left: Border;
  readonly right: Border;
}

/** The positions within terms that a text has reached, all that began anywhere (Aho & Corasick 1975, built lazily). */
interface Reached {
  readonly positions: readonly number[];
  /** The kind of letter before the next character. */
  readonly previous: Border;
  /** Borders of terms that are there if what follows does not make them part of a longer word. */
  readonly pending: number;
}

interface Position {
  readonly next: Map<number, number[]>;
  /** Set where a term has been written in full: the border that its end needs. */
  end: Border | undefined;
}

export function forbiddenTermAutomaton(forms: readonly ForbiddenForm[]): CharacterAutomaton {
  const [spaced, unspaced] = [spacedLetters(), unspacedLetters()];
  const planned = forms.map((form) => planTerm(form, spaced, unspaced));
  const characters = charactersOf(planned.flatMap(({ spellings }) => spellings.map(({ text }) => text)).join(""));
  const single: CharacterSet[] = [];
  for (let at = 0; at < characters.length; at += 2) {
    for (let codePoint = characters[at]!; codePoint <= characters[at + 1]!; codePoint++)
      single.push([codePoint, codePoint]);
  }
  const classes = characterClasses([spaced, unspaced, whiteSpace(), invisibleCharacters, ...single]);
  const positions = positionsOf(planned, classes);
  return new ForbiddenTermAutomaton(classes, positions);
}

function planTerm(
  { term, matchCase, wholeWord }: ForbiddenForm,
  spaced: CharacterSet,
  unspaced: CharacterSet,
): PlannedTerm {
  const visible = Array.from(term.normalize("NFC").trim()).filter(
    (character) => !hasCharacter(invisibleCharacters, character.codePointAt(0)!),
  );
  const border = (character: string) => {
    const codePoint = character.codePointAt(0)!;
    if (hasCharacter(spaced, codePoint)) return wholeWord === false ? Border.Open : Border.Spaced;
    return hasCharacter(unspaced, codePoint) && wholeWord === true ? Border.Unspaced : Border.Open;
  };
  const text = visible
    .join("")
    .trim()
    .replace(/\p{White_Space}+/gu, " ");
  const letters = Array.from(text);
  return {
    letters,
    spellings: letters.flatMap((character, from) => {
      if (character === " ") return [];
      const one = spellingsOf(character, !matchCase).map((text) => ({ from, to: from + 1, text }));
      // Some scripts have characters that always come decomposed.
      const several = [2, 3].flatMap((length) =>
        replacedBy(letters.slice(from, from + length).join("")).map((text) => ({ from, to: from + length, text })),
      );
      return from + 2 > letters.length ? one : [...one, ...several];
    }),
    left: border(letters[0]!),
    right: border(letters.at(-1)!),
  };
}

/** A graph of positions; the first three are where terms begin, by the border that they need on their left. */
function positionsOf(terms: readonly PlannedTerm[], classes: CharacterClasses): readonly Position[] {
  const positions: Position[] = [];
  const add = () => positions.push({ next: new Map(), end: undefined }) - 1;
  const link = (from: number, characterClass: number, to: number) => {
    const next = positions[from]!.next.get(characterClass);
    if (next === undefined) positions[from]!.next.set(characterClass, [to]);
    else if (!next.includes(to)) next.push(to);
  };
  for (const _ of [Border.Open, Border.Spaced, Border.Unspaced]) add();
  for (const { letters, spellings, left, right } of terms) {
    const places = [left as number, ...letters.map(add)];
    letters.forEach((character, index) => {
      if (character !== " ") return;
      const [before, after] = [places[index]!, places[index + 1]!];
      for (const white of classes.classesIn(whiteSet)) for (const from of [before, after]) link(from, white, after);
    });
    for (const { from, to, text } of spellings) {
      const codePoints = Array.from(text, (character) => character.codePointAt(0)!);
      codePoints.reduce((at, codePoint, index) => {
        const next = index === codePoints.length - 1 ? places[to]! : add();
        link(at, classes.classOf(codePoint), next);
        return next;
      }, places[from]!);
    }
    positions[places.at(-1)!]!.end = right;
  }
  return positions;
}

class ForbiddenTermAutomaton implements CharacterAutomaton {
  readonly classes: CharacterClasses;
  readonly start: number;
  readonly #positions: readonly Position[];
  readonly #states: Reached[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #distances = new Map<number, number>();

  constructor(classes: CharacterClasses, positions: readonly Position[]) {
    this.classes = classes;
    this.#positions = positions;
    this.start = this.#numberOf({ positions: [], previous: Border.Open, pending: 0 });
  }

  step(state: number, characterClass: number): number {
    const { positions, previous, pending } = this.#states[state]!;
    if (this.classes.isIn(characterClass, invisibleSet)) return state;
    const kind = this.#kindOf(characterClass);
    // A whole word that was pending stays apart from what follows, unless that is a letter of its kind.
    if (pending & ~(1 << kind)) return -1;
    const reached = new Set<number>();
    let awaited = 0;
    const roots = [Border.Open, Border.Spaced, Border.Unspaced].filter(
      (root) => root === Border.Open || root !== previous,
    );
    for (const from of [...roots, ...positions]) {
      for (const to of this.#positions[from]!.next.get(characterClass) ?? []) {
        const { end } = this.#positions[to]!;
        if (end === Border.Open) return -1;
        if (end !== undefined) awaited |= 1 << end;
        reached.add(to);
      }
    }
    return this.#numberOf({ positions: [...reached].sort((a, b) => a - b), previous: kind, pending: awaited });
  }

  mayEnd(state: number): boolean {
    return this.#states[state]!.pending === 0;
  }

  bytesToEnd(state: number): number {
    let distance = this.#distances.get(state);
    if (distance === undefined) {
      distance = shortestEnd(this, state);
      this.#distances.set(state, distance);
    }
    return distance;
  }

  #kindOf(characterClass: number): Border {
    if (this.classes.isIn(characterClass, spacedSet)) return Border.Spaced;
    return this.classes.isIn(characterClass, unspacedSet) ? Border.Unspaced : Border.Open;
  }

  #numberOf(reached: Reached): number {
    const name = `${reached.previous},${reached.pending},${reached.positions.join()}`;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#states.push(reached) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}
