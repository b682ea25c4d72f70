import type { TokenMask } from "../../backend/backend.ts";
import { BayLingError } from "../../errors.ts";
import { isAllowed } from "../../sampling/token-mask.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { Automaton, type AutomatonState } from "./automaton.ts";
import { BoundedMap } from "./bounded-map.ts";
import { CombinedConstraint, type CombinedOptions, type CombinedState } from "./combined-constraint.ts";
import type { Constraint } from "./constraint.ts";
import { EndingPlanner } from "./ending-planner.ts";
import { TokenTrie } from "./token-trie.ts";
import type { Way } from "./ways.ts";

/** Where a text is in all constraints. Immutable. */
export type ConstraintState = AutomatonState<CombinedState>;

export interface ConstraintSetOptions extends CombinedOptions {
  readonly tokenizer: Tokenizer;
  /** Of the model; its rows beyond the tokenizer's are never allowed. */
  readonly vocabularySize: number;
  /** They end the text where it may end, and are no part of it. */
  readonly stopTokens: readonly number[];
  /** Tokens that may not be drawn in any case. */
  readonly excluded?: ReadonlySet<number> | undefined;
  /** What the text begins with already: the constraints have seen it. */
  readonly begun?: Uint8Array | undefined;
}

/** Masks of a model with 150,000 tokens have 19 kB each. */
const maxMasks = 512;
const maxPlans = 4096;

/** Several constraints together, asked about tokens instead of bytes. */
export class ConstraintSet {
  readonly #automaton: Automaton<CombinedState>;
  readonly #combined: CombinedConstraint;
  readonly #options: ConstraintSetOptions;
  readonly #trie: TokenTrie;
  /** Tokens that do not stand for text: they end it, or are excluded. */
  readonly #notText: ReadonlySet<number>;
  readonly #stopTokens: readonly number[];
  readonly #required: ReadonlySet<Constraint>;
  readonly #planner: EndingPlanner;
  readonly #masks = new BoundedMap<string | number, TokenMask | undefined>(maxMasks);
  readonly #detours = new BoundedMap<string | number, readonly number[] | undefined>(maxPlans);
  readonly #plans = new BoundedMap<string | number, readonly number[] | undefined>(maxPlans);
  /** The state that the text begins with. */
  readonly begin: ConstraintState;
  /** Tokens by which a model shows that it would end the text: stop tokens, and those that spell a stop string. */
  readonly endings: readonly number[];

  /** @throws BayLingError `constraint-unsatisfiable` when `begun` breaks a constraint */
  constructor(constraints: readonly Constraint[], options: ConstraintSetOptions) {
    this.#options = options;
    this.#combined = new CombinedConstraint(constraints, options);
    this.#automaton = new Automaton(this.#combined);
    this.#trie = TokenTrie.of(options.tokenizer);
    const excluded = options.excluded ?? new Set();
    this.#notText = new Set([...options.stopTokens, ...excluded]);
    this.#stopTokens = options.stopTokens.filter((token) => !excluded.has(token));
    this.#required = new Set<Constraint>(this.#combined.requirements);
    this.endings = [...this.#stopTokens, ...this.#tokensOf(options.stop ?? [])];
    this.#planner = new EndingPlanner(this.#automaton, this.#combined, this.#trie, this.#notText);
    this.begin = this.#enter(options.begun ?? new Uint8Array(0));
  }

  /** Whether the text may end. */
  mayEnd(state: ConstraintState): boolean {
    return state.mayEnd;
  }

  /** The tokens that may come next; undefined where there are none. Shared: not to be changed. */
  mask(state: ConstraintState): TokenMask | undefined {
    return this.#masks.get(state.key, () => this.#maskOf(state));
  }

  /** The state after a token that stands for text; undefined where it may not come. */
  advance(state: ConstraintState, token: number): ConstraintState | undefined {
    const { tokenizer } = this.#options;
    if (token >= tokenizer.vocabularySize || this.#notText.has(token)) return undefined;
    const bytes = tokenizer.tokenBytes(token);
    return bytes.length === 0 || token === tokenizer.unknownToken ? undefined : this.#walk(state, bytes);
  }

  /** Tokens that bring the text from a state to where it may end: few, though fewer may do. Undefined: none found. */
  plan(state: ConstraintState): readonly number[] | undefined {
    return this.#plans.get(state.key, () => {
      const plan = this.#planner.plan(state, state === this.begin ? "before" : "during");
      // Who follows a plan must not be told on the way that it takes longer.
      let at: ConstraintState | undefined = state;
      for (let taken = 0; plan !== undefined && taken < plan.length && at !== undefined; taken++) {
        if (taken > 0) this.#plans.set(at.key, plan.slice(taken));
        at = this.advance(at, plan[taken]!);
      }
      return plan;
    });
  }

  /** Tokens after which all requirements are met, whatever else is still missing. */
  planRequirements(state: ConstraintState): readonly number[] | undefined {
    return this.#detours.get(state.key, () => this.#planner.plan(state, "during", this.#required));
  }

  /**
   * Whether a text can end within `tokens` more tokens. Far from the limit it is taken to be able to: that is where
   * there is room for twice the bytes that the constraints ask for.
   */
  fits(state: ConstraintState, tokens: number): boolean {
    if (state.mayEnd) return true;
    const bytes = this.#combined.bytesToEnd(state.value);
    if (bytes === Infinity) return false;
    if (isRoomy(bytes, tokens)) return true;
    const plan = this.plan(state);
    return plan !== undefined && plan.length <= tokens;
  }

  /** Whether a text is so near to its last token that what it has to write should be on offer. */
  isTight(state: ConstraintState, tokens: number): boolean {
    return !state.mayEnd && !isRoomy(this.#combined.bytesToEnd(state.value), tokens);
  }

  /** Whether something is required that the text does not have. */
  isLacking(state: ConstraintState): boolean {
    return this.#required.size > 0 && !this.#combined.satisfies(state.value, this.#required);
  }

  /** Whether a stop string is complete. */
  isStopped(state: ConstraintState): boolean {
    return state.value.stopped;
  }

  /** Bytes written of what is required. */
  writtenBytes(state: ConstraintState): number {
    return this.#combined.writtenBytes(state.value);
  }

  /** Bytes of all that is required. */
  get requiredBytes(): number {
    return this.#combined.requirements.reduce((sum, { requiredBytes }) => sum + requiredBytes, 0);
  }

  /** What brings a requirement on: for each continuation the tokens that begin it and that the mask allows. */
  ways(state: ConstraintState, mask: TokenMask): Way[] {
    const ways = this.#combined.continuations(state.value).map((bytes) => {
      const way: { token: number; rest: number }[] = [];
      let node = 0;
      for (let index = 0; index < bytes.length; index++) {
        node = this.#trie.child(node, bytes[index]!);
        if (node < 0) break;
        for (const token of this.#trie.tokensAt(node)) {
          if (!this.#notText.has(token) && isAllowed(mask, token)) way.push({ token, rest: bytes.length - index - 1 });
        }
      }
      return way;
    });
    return ways.filter((way) => way.length > 0);
  }

  /**
   * Finds out, before anything runs, whether they can be met.
   * @returns a number of tokens that is enough
   * @throws BayLingError `constraint-unsatisfiable` that names constraints that contradict each other
   */
  check(): number {
    const plan = this.plan(this.begin);
    if (plan === undefined) throw this.unsatisfiable(this.#culprits());
    return plan.length;
  }

  /** The error for a text that can neither go on nor end. */
  unsatisfiable(culprits: readonly Constraint[] = this.#combined.constraints): BayLingError {
    const names = culprits.map(({ name }) => name);
    return new BayLingError("constraint-unsatisfiable", {
      problem:
        names.length === 1
          ? `the constraint cannot be met: ${names[0]}`
          : `the constraints cannot be met together: ${names.join("; ")}`,
      remedy: "Take one of them away, or ask for something else",
    });
  }

  /** As few of the constraints as cannot be met together. */
  #culprits(): readonly Constraint[] {
    let culprits = this.#combined.constraints;
    for (const constraint of this.#combined.constraints) {
      const others = culprits.filter((other) => other !== constraint);
      try {
        const set = new ConstraintSet(others, this.#options);
        if (set.plan(set.begin) === undefined) culprits = others;
      } catch {
        culprits = others;
      }
    }
    return culprits;
  }

  #tokensOf(texts: readonly string[]): number[] {
    return texts.flatMap((text) => {
      const bytes = new TextEncoder().encode(text);
      const node = bytes.reduce((at, byte) => (at < 0 ? at : this.#trie.child(at, byte)), 0);
      return node < 0 ? [] : [...this.#trie.tokensAt(node)].filter((token) => !this.#notText.has(token));
    });
  }

  #enter(begun: Uint8Array): ConstraintState {
    const state = this.#walk(this.#automaton.begin, begun);
    if (state !== undefined) return state;
    const culprits = this.#combined.constraints.filter((constraint) => {
      let at: unknown = constraint.begin();
      for (const byte of begun) if (at !== undefined) at = constraint.step(at, byte);
      return at === undefined;
    });
    throw this.unsatisfiable(culprits.length === 0 ? undefined : culprits);
  }

  #walk(from: ConstraintState, bytes: Uint8Array): ConstraintState | undefined {
    let state: ConstraintState | null = from;
    for (let index = 0; index < bytes.length && state !== null; index++) {
      state = this.#automaton.step(state, bytes[index]!);
    }
    return state ?? undefined;
  }

  #maskOf(state: ConstraintState): TokenMask | undefined {
    const { bytes, depths, ends, size, tokens, twins } = this.#trie;
    const mask = new Uint32Array(Math.ceil(this.#options.vocabularySize / 32));
    /** The states on the way to a node, by depth. */
    const path = [state];
    for (let node = 1; node < size; ) {
      const depth = depths[node]!;
      const from = path[depth - 1]!;
      const next = from.next?.[bytes[node]!] ?? this.#automaton.step(from, bytes[node]!);
      if (next === null) {
        node = ends[node]!;
        continue;
      }
      path[depth] = next;
      for (let token = tokens[node]!; token >= 0; token = twins[token]!) mask[token >>> 5]! |= 1 << (token & 31);
      node++;
    }
    for (const token of this.#notText) mask[token >>> 5]! &= ~(1 << (token & 31));
    if (state.mayEnd) for (const token of this.#stopTokens) mask[token >>> 5]! |= 1 << (token & 31);
    return mask.some((word) => word !== 0) ? mask : undefined;
  }
}

function isRoomy(bytes: number, tokens: number): boolean {
  return tokens >= 2 * bytes + 16;
}
