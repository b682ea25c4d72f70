import type { CharacterAutomaton } from "./characters/character-automaton.ts";
import { type CharacterClasses, characterClasses } from "./characters/character-classes.ts";
import { characterSet } from "./characters/character-set.ts";
import { shortestEnd } from "./characters/shortest-end.ts";
import { Border, type ForbiddenForm, forbiddenTermGraph } from "./forbidden-term-graph.ts";
import { inheritingMarks, invisibleCharacters, spacedLetters, unspacedLetters, whiteSpace } from "./word-characters.ts";

/** Indices of the first five sets that the classes are made of. */
const [spacedSet, unspacedSet, whiteSet, invisibleSet, inheritingSet] = [0, 1, 2, 3, 4] as const;

/** The positions within terms that a text has reached, all that began anywhere (Aho & Corasick 1975, built lazily). */
interface Reached {
  readonly positions: readonly number[];
  /** The kind of letter before the next character. */
  readonly previous: Border;
  /** Borders of terms that are there if what follows does not make them part of a longer word. */
  readonly pending: number;
}

/** A position of the graph, by classes. */
interface Position {
  readonly next: ReadonlyMap<number, readonly number[]>;
  readonly end: Border | undefined;
}

export function forbiddenTermAutomaton(forms: readonly ForbiddenForm[]): CharacterAutomaton {
  const graph = forbiddenTermGraph(forms);
  const characters = new Set(graph.flatMap(({ next }) => [...next.keys()]));
  const classes = characterClasses([
    spacedLetters(),
    unspacedLetters(),
    whiteSpace(),
    invisibleCharacters,
    inheritingMarks(),
    ...Array.from(characters, (codePoint) => characterSet([codePoint, codePoint])),
  ]);
  const positions = graph.map(({ next, afterSpace, end }) => {
    const byClass = new Map<number, readonly number[]>();
    for (const [codePoint, reached] of next) byClass.set(classes.classOf(codePoint), reached);
    if (afterSpace.length > 0) for (const white of classes.classesIn(whiteSet)) byClass.set(white, afterSpace);
    return { next: byClass, end };
  });
  return new ForbiddenTermAutomaton(classes, positions);
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
    const kind = this.#kindOf(characterClass, previous);
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

  #kindOf(characterClass: number, previous: Border): Border {
    if (this.classes.isIn(characterClass, inheritingSet)) return previous;
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
