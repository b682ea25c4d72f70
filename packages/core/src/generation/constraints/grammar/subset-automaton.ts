import type { CharacterAutomaton } from "../characters/character-automaton.ts";
import { type CharacterClasses, characterClasses } from "../characters/character-classes.ts";
import type { NondeterministicAutomaton, Position } from "./nondeterministic-automaton.ts";

interface Subset {
  /** Positions from which a character leads on, ascending. */
  readonly positions: readonly number[];
  readonly mayEnd: boolean;
}

const last = 1;

/** Subsets of the positions of an expression, found when they are first reached. */
export class SubsetAutomaton implements CharacterAutomaton {
  readonly classes: CharacterClasses;
  readonly start: number;
  readonly #positions: readonly Position[];
  readonly #distances: readonly number[];
  readonly #states: Subset[] = [];
  readonly #numbers = new Map<string, number>();

  constructor({ positions, sets }: NondeterministicAutomaton) {
    this.#positions = positions;
    this.classes = characterClasses(sets);
    this.#distances = this.#findDistances();
    this.start = this.#numberOf([0], true);
  }

  step(state: number, characterClass: number): number {
    const reached = new Set<number>();
    for (const position of this.#states[state]!.positions) {
      for (const { set, to } of this.#positions[position]!.over) {
        if (this.classes.isIn(characterClass, set)) reached.add(to);
      }
    }
    return reached.size === 0 ? -1 : this.#numberOf([...reached], false);
  }

  mayEnd(state: number): boolean {
    return this.#states[state]!.mayEnd;
  }

  bytesToEnd(state: number): number {
    const { positions, mayEnd } = this.#states[state]!;
    return mayEnd ? 0 : positions.reduce((least, position) => Math.min(least, this.#distances[position]!), Infinity);
  }

  #numberOf(from: readonly number[], isStart: boolean): number {
    const mayEnd = this.#closure(from, isStart, true).has(last);
    const positions = [...this.#closure(from, isStart, false)]
      .filter((position) => this.#positions[position]!.over.length > 0 && this.#distances[position]! < Infinity)
      .sort((a, b) => a - b);
    const name = `${mayEnd},${positions.join()}`;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#states.push({ positions, mayEnd }) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }

  /** All positions that are reached without a character. */
  #closure(from: readonly number[], isStart: boolean, isEnd: boolean): ReadonlySet<number> {
    const reached = new Set(from);
    // A set gives what is added while one goes through it.
    for (const position of reached) {
      const { free, atStart, atEnd } = this.#positions[position]!;
      for (const to of free) reached.add(to);
      if (isStart) for (const to of atStart) reached.add(to);
      if (isEnd) for (const to of atEnd) reached.add(to);
    }
    return reached;
  }

  /** For each position within a text the least number of bytes to the end, by search from the end (Dijkstra). */
  #findDistances(): readonly number[] {
    const before: { readonly from: number; readonly bytes: number }[][] = this.#positions.map(() => []);
    const leastBytes = (set: number) =>
      this.classes.classesIn(set).reduce((least, one) => Math.min(least, this.classes.leastBytes(one)), Infinity);
    const bytesOfSets = new Map<number, number>();
    this.#positions.forEach(({ over, free }, from) => {
      for (const to of free) before[to]!.push({ from, bytes: 0 });
      for (const { set, to } of over) {
        if (!bytesOfSets.has(set)) bytesOfSets.set(set, leastBytes(set));
        before[to]!.push({ from, bytes: bytesOfSets.get(set)! });
      }
    });
    const distances = this.#positions.map(() => Infinity);
    const layers: number[][] = [this.#endingPositions()];
    for (let distance = 0; distance < layers.length; distance++) {
      const layer = layers[distance] ?? [];
      // Grows while one goes through it.
      for (let index = 0; index < layer.length; index++) {
        const position = layer[index]!;
        if (distances[position]! <= distance) continue;
        distances[position] = distance;
        for (const { from, bytes } of before[position]!) {
          const to = layers[distance + bytes] ?? [];
          layers[distance + bytes] = to;
          to.push(from);
        }
      }
      delete layers[distance];
    }
    return distances;
  }

  /** Positions that lead to the end without a character, where the text is at its end. */
  #endingPositions(): number[] {
    const before: number[][] = this.#positions.map(() => []);
    this.#positions.forEach(({ free, atEnd }, from) => {
      for (const to of [...free, ...atEnd]) before[to]!.push(from);
    });
    const reached = new Set([last]);
    for (const position of reached) for (const from of before[position]!) reached.add(from);
    return [...reached];
  }
}
