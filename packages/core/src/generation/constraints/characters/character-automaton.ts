import type { CharacterClasses } from "./character-classes.ts";

/** An automaton over classes of characters. States are small integers that it numbers itself. */
export interface CharacterAutomaton {
  readonly classes: CharacterClasses;
  readonly start: number;
  /** The state after a character of the class; -1 where none may come. */
  step(state: number, characterClass: number): number;
  mayEnd(state: number): boolean;
  /** The least number of bytes to the end; Infinity in a dead end, which nothing then leads to. */
  bytesToEnd(state: number): number;
}
