import { Automaton, type AutomatonState } from "./automaton.ts";
import { type Constraint, isRequirement, type Requirement } from "./constraint.ts";
import { type StopProgress, StopStrings } from "./stop-strings.ts";
import { wellFormedText } from "./well-formed-text.ts";

/** Where a text is in several constraints at once. */
export interface CombinedState {
  /** One for each constraint. */
  readonly parts: readonly AutomatonState<unknown>[];
  /** Nothing has been written. */
  readonly fresh: boolean;
  readonly stops: StopProgress;
  /** A stop string is complete: what comes is cut off. */
  readonly stopped: boolean;
}

export interface CombinedOptions {
  /** Strings that end the text, and may do so only where it may end. */
  readonly stop?: readonly string[] | undefined;
  /** The text may begin with one space that the constraints do not see. */
  readonly leadingSpace?: boolean | undefined;
}

const SPACE = 0x20;

/** Constraints that all hold, as one; and text stays well-formed UTF-8. */
export class CombinedConstraint implements Constraint<CombinedState> {
  readonly constraints: readonly Constraint[];
  readonly name: string;
  readonly #automata: readonly Automaton<unknown>[];
  readonly #requirements: readonly { readonly index: number; readonly requirement: Requirement }[];
  readonly #stops: StopStrings;
  readonly #leadingSpace: boolean;

  constructor(constraints: readonly Constraint[], { stop = [], leadingSpace = false }: CombinedOptions = {}) {
    this.constraints = constraints;
    this.name = constraints.map(({ name }) => name).join(" and ");
    this.#automata = [...constraints, wellFormedText as Constraint].map((constraint) => new Automaton(constraint));
    this.#requirements = constraints.flatMap((constraint, index) =>
      isRequirement(constraint) ? [{ index, requirement: constraint }] : [],
    );
    this.#stops = new StopStrings(stop);
    this.#leadingSpace = leadingSpace;
  }

  begin(): CombinedState {
    const parts = this.#automata.map((automaton) => automaton.begin);
    return { parts, fresh: true, stops: this.#stops.begin(), stopped: false };
  }

  step(state: CombinedState, byte: number): CombinedState | undefined {
    if (state.stopped) return state;
    const stops = this.#stops.step(state.stops, byte, this.mayEnd(state));
    if (stops === undefined) return undefined;
    if (stops === "stopped") return { ...state, stops: [], stopped: true };
    if (state.fresh && this.#leadingSpace && byte === SPACE) return { ...state, fresh: false, stops };
    const parts: AutomatonState<unknown>[] = [];
    for (const [index, automaton] of this.#automata.entries()) {
      const next = automaton.step(state.parts[index]!, byte);
      if (next === null) return undefined;
      parts.push(next);
    }
    return { parts, fresh: false, stops, stopped: false };
  }

  mayEnd({ parts, stopped }: CombinedState): boolean {
    return stopped || parts.every(({ mayEnd }) => mayEnd);
  }

  key({ parts, fresh, stops, stopped }: CombinedState): string {
    if (stopped) return "stopped";
    let key = `${fresh ? "fresh" : ""};${this.#stops.key(stops)}`;
    // With their lengths: no key can look like two.
    for (const part of parts) {
      key += typeof part.key === "number" ? `;${part.key}` : `;${part.key.length}:${part.key}`;
    }
    return key;
  }

  /**
   * The sum over the constraints, which often want bytes of their own: more than the least where one byte serves two.
   * @param goals only the constraints that these are
   */
  bytesToEnd(state: CombinedState, goals?: ReadonlySet<Constraint>): number {
    if (state.stopped) return 0;
    let bytes = 0;
    for (const [index, automaton] of this.#automata.entries()) {
      if (this.#counts(automaton.constraint, goals)) bytes += automaton.bytesToEnd(state.parts[index]!);
    }
    return bytes;
  }

  /** Whether a byte brings one of the constraints nearer to its end. */
  isWanted({ parts }: CombinedState, byte: number): boolean {
    return this.constraints.some((_, index) => {
      const automaton = this.#automata[index]!;
      const next = automaton.step(parts[index]!, byte);
      return next !== null && automaton.bytesToEnd(next) < automaton.bytesToEnd(parts[index]!);
    });
  }

  /** Whether the text may end as far as `goals` are concerned. */
  satisfies(state: CombinedState, goals?: ReadonlySet<Constraint>): boolean {
    if (goals === undefined || state.stopped) return this.mayEnd(state);
    return this.#automata.every(
      ({ constraint }, index) => !this.#counts(constraint, goals) || state.parts[index]!.mayEnd,
    );
  }

  get requirements(): readonly Requirement[] {
    return this.#requirements.map(({ requirement }) => requirement);
  }

  /** Bytes written of what is required. */
  writtenBytes({ parts }: CombinedState): number {
    let written = 0;
    for (const { index, requirement } of this.#requirements) written += requirement.writtenBytes(parts[index]!.value);
    return written;
  }

  /** What brings a requirement on. */
  continuations({ parts, fresh, stopped }: CombinedState): readonly Uint8Array[] {
    if (stopped) return [];
    const found = this.#requirements.flatMap(({ index, requirement }) =>
      requirement.continuations(parts[index]!.value),
    );
    return fresh && this.#leadingSpace ? [...found, ...found.map((bytes) => Uint8Array.of(SPACE, ...bytes))] : found;
  }

  #counts(constraint: Constraint, goals: ReadonlySet<Constraint> | undefined): boolean {
    return goals === undefined || constraint === wellFormedText || goals.has(constraint);
  }
}
