import { BayLingError } from "../../../errors.ts";
import type { CharacterAutomaton } from "../characters/character-automaton.ts";
import type { CharacterClasses } from "../characters/character-classes.ts";
import type { GrammarSymbol, Productions } from "./grammar.ts";

/** Ways to read a text at once, beyond which a grammar is taken for hopelessly ambiguous. */
const mostReadings = 20_000;

const endOfAlternative = Number.MAX_SAFE_INTEGER;
const bottom = 0;

/**
 * Reads texts by a grammar, all ways at once: a state is a set of stacks, and stacks are shared, immutable and numbered.
 * What a rule ends with is not put on a stack, so repetitions do not make it grow.
 */
export class PushdownAutomaton implements CharacterAutomaton {
  readonly classes: CharacterClasses;
  readonly start: number;
  readonly #source: string;
  /** The symbols of all alternatives, one after the other, each with an end. */
  readonly #symbols: GrammarSymbol[] = [];
  /** By place among the symbols: the fewest bytes from there to the end of the alternative. */
  readonly #bytesLeft: number[] = [];
  /** By rule: where its alternatives begin; those that never end are left out. */
  readonly #begins: (readonly number[])[];
  /** By stack: the place to go on with, the stack below, and the fewest bytes to its end. The bottom is 0. */
  readonly #stackPlaces: number[] = [endOfAlternative];
  readonly #stacksBelow: number[] = [bottom];
  readonly #stackBytes: number[] = [0];
  readonly #stackNumbers = new Map<number, number>();
  readonly #states: { readonly readings: readonly Reading[]; readonly mayEnd: boolean }[] = [];
  readonly #stateNumbers = new Map<string, number>();

  constructor({ classes, alternatives, root, leastBytesOf }: Productions, source: string) {
    this.classes = classes;
    this.#source = source;
    this.#begins = alternatives.map((options) =>
      options
        .filter((option) => option.every((symbol) => leastBytesOf(symbol) < Infinity))
        .map((option) => {
          const begin = this.#symbols.length;
          for (const symbol of option) this.#symbols.push(symbol);
          this.#symbols.push(endOfAlternative);
          let bytes = 0;
          this.#bytesLeft[this.#symbols.length - 1] = 0;
          for (let at = option.length - 1; at >= 0; at--) {
            bytes += leastBytesOf(option[at]!);
            this.#bytesLeft[begin + at] = bytes;
          }
          return begin;
        }),
    );
    this.start = this.#numberOf(this.#begins[root]!.map((place) => ({ place, below: bottom })));
  }

  step(state: number, characterClass: number): number {
    const next: Reading[] = [];
    for (const { place, below } of this.#states[state]!.readings) {
      if (this.classes.isIn(characterClass, -1 - this.#symbols[place]!)) next.push({ place: place + 1, below });
    }
    return next.length === 0 ? -1 : this.#numberOf(next);
  }

  mayEnd(state: number): boolean {
    return this.#states[state]!.mayEnd;
  }

  bytesToEnd(state: number): number {
    const { readings, mayEnd } = this.#states[state]!;
    let least = mayEnd ? 0 : Infinity;
    for (const { place, below } of readings)
      least = Math.min(least, this.#bytesLeft[place]! + this.#stackBytes[below]!);
    return least;
  }

  /** Goes on from places to all characters that may come next. */
  #numberOf(from: readonly Reading[]): number {
    const seen = new Set<number>();
    const waiting: Reading[] = [];
    const visit = (place: number, below: number) => {
      const name = nameOf(place, below);
      if (seen.has(name)) return;
      seen.add(name);
      if (seen.size > mostReadings) throw this.#ambiguous();
      waiting.push({ place, below });
    };
    for (const { place, below } of from) visit(place, below);
    const readings: Reading[] = [];
    let mayEnd = false;
    for (let reading = waiting.pop(); reading !== undefined; reading = waiting.pop()) {
      const { place, below } = reading;
      const symbol = this.#symbols[place]!;
      if (symbol < 0) readings.push(reading);
      else if (symbol !== endOfAlternative) {
        const after = this.#symbols[place + 1] === endOfAlternative ? below : this.#push(place + 1, below);
        for (const begin of this.#begins[symbol]!) visit(begin, after);
      } else if (below === bottom) mayEnd = true;
      else visit(this.#stackPlaces[below]!, this.#stacksBelow[below]!);
    }
    readings.sort((a, b) => a.place - b.place || a.below - b.below);
    const name = `${mayEnd};${readings.map(({ place, below }) => `${place},${below}`).join(";")}`;
    let number = this.#stateNumbers.get(name);
    if (number === undefined) {
      number = this.#states.push({ readings, mayEnd }) - 1;
      this.#stateNumbers.set(name, number);
    }
    return number;
  }

  #push(place: number, below: number): number {
    const name = nameOf(place, below);
    let number = this.#stackNumbers.get(name);
    if (number === undefined) {
      number = this.#stackPlaces.push(place) - 1;
      this.#stacksBelow.push(below);
      this.#stackBytes.push(this.#bytesLeft[place]! + this.#stackBytes[below]!);
      this.#stackNumbers.set(name, number);
    }
    return number;
  }

  #ambiguous(): BayLingError {
    return new BayLingError("grammar-invalid", {
      source: this.#source,
      problem: "a text can be read in too many ways at once",
      expected: `at most ${mostReadings}`,
      remedy: "Write rules so that the same text follows them in few ways",
    });
  }
}

/** A way to read a text: the place of the character that comes next, and what to go on with at the end of the alternative. */
interface Reading {
  readonly place: number;
  readonly below: number;
}

/** Both fit into half of a safe integer: symbols are counted, and a stack takes memory. */
function nameOf(place: number, below: number): number {
  return place * 2 ** 31 + below;
}
