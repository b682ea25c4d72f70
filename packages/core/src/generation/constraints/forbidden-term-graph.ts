import {
  canonicalDecompositions,
  type DecompositionNode,
  marksCommute,
} from "./characters/canonical-decompositions.ts";
import { casesOf } from "./characters/case-variants.ts";
import { type CharacterSet, hasCharacter } from "./characters/character-set.ts";
import { inheritingMark, invisibleCharacters, spacedLetters, unspacedLetters } from "./word-characters.ts";

/** A term with all choices made but that of its ends. */
export interface ForbiddenForm {
  readonly term: string;
  readonly matchCase: boolean;
  readonly wholeWord: boolean | undefined;
}

/** What may not touch an end of a term: anything may, no letter of a spaced script, none of an unspaced one. */
export const Border = { Open: 0, Spaced: 1, Unspaced: 2 } as const;
export type Border = (typeof Border)[keyof typeof Border];

/** How much of a term has been written. */
export interface TermPosition {
  /** By code point: the positions after it. */
  readonly next: Map<number, number[]>;
  /** The positions after any white space. */
  readonly afterSpace: number[];
  /** Set where a term has been written in full: the border that its end needs. */
  end: Border | undefined;
}

/** More marks than any script puts on a letter have their canonical order alone: the orders would be too many. */
const mostMarksInAnyOrder = 6;

/**
 * The positions within terms; the first three are where terms begin, by the border that they need on their left.
 *
 * Terms are laid out decomposed, with marks in every order that means the same (UAX 15); then composed characters get
 * links along all that they stand for. So what ends within a composed character is not found in it: カ is not in ガ.
 */
export function forbiddenTermGraph(forms: readonly ForbiddenForm[]): readonly TermPosition[] {
  const graph = new TermGraph();
  const [spaced, unspaced] = [spacedLetters(), unspacedLetters()];
  for (const form of forms) graph.addTerm(form, spaced, unspaced);
  graph.addComposites();
  return graph.positions;
}

class TermGraph {
  readonly positions: TermPosition[] = [];

  constructor() {
    for (const _ of [Border.Open, Border.Spaced, Border.Unspaced]) this.#add();
  }

  addTerm({ term, matchCase, wholeWord }: ForbiddenForm, spaced: CharacterSet, unspaced: CharacterSet): void {
    const visible = Array.from(term).filter((character) => !hasCharacter(invisibleCharacters, codePointOf(character)));
    const text = visible
      .join("")
      .trim()
      .replace(/\p{White_Space}+/gu, " ");
    const border = (characters: readonly string[]) => {
      // A mark belongs to the letter before it, if one is there.
      const codePoint = codePointOf(characters.find((one) => !inheritingMark.test(one)) ?? " ");
      if (hasCharacter(spaced, codePoint)) return wholeWord === false ? Border.Open : Border.Spaced;
      return hasCharacter(unspaced, codePoint) && wholeWord === true ? Border.Unspaced : Border.Open;
    };
    const written = Array.from(text.normalize("NFC"));
    const spellings = (character: string) => (matchCase ? [character] : casesOf(character));

    let at: number = border([written[0]!]);
    for (const { 1: base = "", 2: marks = "" } of text.normalize("NFD").matchAll(/(\P{M}?)(\p{M}*)/gu)) {
      if (base === " ") at = this.#addSpace(at);
      else if (base !== "") at = this.#addCharacter(at, spellings(base));
      at = this.#addMarks(at, Array.from(marks), spellings);
    }
    this.positions[at]!.end = border(written.toReversed());
  }

  /** Links from every position by the composed characters that lead along its links. */
  addComposites(): void {
    const follow = (from: number, node: DecompositionNode, reached: readonly number[]) => {
      for (const composite of node.composites) for (const to of reached) this.#link(from, composite, to);
      for (const [codePoint, longer] of node.next) {
        const further = reached.flatMap((position) => this.positions[position]!.next.get(codePoint) ?? []);
        if (further.length > 0) follow(from, longer, [...new Set(further)]);
      }
    };
    const decompositions = canonicalDecompositions();
    for (let from = 0; from < this.positions.length; from++) {
      for (const [codePoint, reached] of [...this.positions[from]!.next]) {
        const node = decompositions.next.get(codePoint);
        if (node !== undefined) follow(from, node, reached);
      }
    }
  }

  #add(): number {
    return this.positions.push({ next: new Map(), afterSpace: [], end: undefined }) - 1;
  }

  #link(from: number, codePoint: number, to: number): void {
    const reached = this.positions[from]!.next.get(codePoint);
    if (reached === undefined) this.positions[from]!.next.set(codePoint, [to]);
    else if (!reached.includes(to)) reached.push(to);
  }

  #addSpace(from: number): number {
    const after = this.#add();
    for (const position of [from, after]) this.positions[position]!.afterSpace.push(after);
    return after;
  }

  #addCharacter(from: number, spellings: readonly string[], to: number = this.#add()): number {
    for (const spelling of new Set(spellings.map((text) => text.normalize("NFD")))) {
      const codePoints = Array.from(spelling, codePointOf);
      let at = from;
      codePoints.forEach((codePoint, index) => {
        const next = index === codePoints.length - 1 ? to : this.#add();
        this.#link(at, codePoint, next);
        at = next;
      });
    }
    return to;
  }

  #addMarks(from: number, marks: readonly string[], spellings: (mark: string) => readonly string[]): number {
    if (marks.length > mostMarksInAnyOrder) {
      return marks.reduce((at, mark) => this.#addCharacter(at, spellings(mark)), from);
    }
    const all = (1 << marks.length) - 1;
    /** By the set of marks that are written, as bits. */
    const places = new Map([[0, from]]);
    for (const [written, place] of places) {
      marks.forEach((mark, index) => {
        const bit = 1 << index;
        const blocked = marks.some(
          (one, other) => other < index && !(written & (1 << other)) && !marksCommute(one, mark),
        );
        if (written & bit || blocked) return;
        const after = written | bit;
        // The one mark that is a letter in upper case (Greek's iota) comes after all others.
        const forms = after === all ? spellings(mark) : [mark];
        places.set(after, this.#addCharacter(place, forms, places.get(after)));
      });
    }
    return places.get(all)!;
  }
}

function codePointOf(character: string): number {
  return character.codePointAt(0)!;
}
