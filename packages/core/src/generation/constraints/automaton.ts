import type { Constraint } from "./constraint.ts";

/** A state with what has been computed of it. Two of the same key may exist; they are worth the same. */
export interface AutomatonState<State> {
  readonly value: State;
  readonly key: string | number;
  readonly mayEnd: boolean;
  /** Once it has been asked for. */
  rest: number | undefined;
  /** The states after each byte; null where it may not come. Filled as it is asked for. */
  next: (AutomatonState<State> | null | undefined)[] | undefined;
}

/** How many states are found again by their key; with a table of transitions each has some kilobytes. */
const maxKnown = 4096;

/** A constraint whose transitions are remembered: a rule in code becomes a table while it is used. */
export class Automaton<State> {
  readonly constraint: Constraint<State>;
  readonly begin: AutomatonState<State>;
  readonly #known = new Map<string | number, AutomatonState<State>>();

  constructor(constraint: Constraint<State>) {
    this.constraint = constraint;
    this.begin = this.#intern(constraint.begin());
  }

  step(from: AutomatonState<State>, byte: number): AutomatonState<State> | null {
    from.next ??= new Array(256);
    let next = from.next[byte];
    if (next === undefined) {
      const value = this.constraint.step(from.value, byte);
      next = value === undefined ? null : this.#intern(value);
      from.next[byte] = next;
    }
    return next;
  }

  bytesToEnd(state: AutomatonState<State>): number {
    state.rest ??= this.constraint.bytesToEnd(state.value);
    return state.rest;
  }

  #intern(value: State): AutomatonState<State> {
    const key = this.constraint.key(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // States that are in use go on; what nobody holds is freed with its table.
    if (this.#known.size >= maxKnown) this.#known.clear();
    const state = { value, key, mayEnd: this.constraint.mayEnd(value), rest: undefined, next: undefined };
    this.#known.set(key, state);
    return state;
  }
}
