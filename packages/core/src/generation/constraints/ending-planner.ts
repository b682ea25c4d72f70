import type { Automaton, AutomatonState } from "./automaton.ts";
import type { CombinedConstraint, CombinedState } from "./combined-constraint.ts";
import type { Constraint } from "./constraint.ts";
import type { TokenTrie } from "./token-trie.ts";

const SPACE = 0x20;

/** A place that a search has reached, and how. */
interface Place {
  readonly state: AutomatonState<CombinedState>;
  /** Where a token that has begun is in the trie; 0 between tokens, and always where every byte is a token. */
  readonly node: number;
  readonly length: number;
  readonly byte: number;
  readonly before: Place | undefined;
}

/**
 * States that are looked at before a search gives up, beyond some for each byte that it needs in any case: before
 * anything runs, when an error is to be sure of itself, and while texts are written, when there are others to go on with.
 */
const maxDetours = { before: 4000, during: 300 };

/**
 * How much more what is left counts than what is done (weighted A*). With 1, a single byte that nobody counted on would
 * send the search back through every order of all that is required.
 */
const haste = 3;

/** Bytes of which one can stand almost anywhere: a space, a letter, a digit, a full stop, a line break. */
const quickFillers: ReadonlySet<number> = new Set([SPACE, 0x61, 0x30, 0x2e, 0x0a]);

/** Bytes in the order in which they are tried: where any will do, a space is better than a control character. */
const byteOrder: readonly number[] = (() => {
  const rank = (byte: number) => {
    if (byte === SPACE) return 0;
    if (byte >= 0x61 && byte <= 0x7a) return 1;
    return byte > SPACE && byte < 0x7f ? 2 : byte >= 0x80 ? 3 : 4;
  };
  return Array.from({ length: 256 }, (_, byte) => byte).sort((a, b) => rank(a) - rank(b) || a - b);
})();

/** Finds tokens that bring a text to an end, by a search over bytes that is led by `bytesToEnd` (A*). */
export class EndingPlanner {
  readonly #automaton: Automaton<CombinedState>;
  readonly #combined: CombinedConstraint;
  readonly #trie: TokenTrie;
  readonly #notText: ReadonlySet<number>;
  /** Whether every byte of well-formed text is a token, so that all that can be spelled can be written. */
  readonly #spellsAll: boolean;

  constructor(
    automaton: Automaton<CombinedState>,
    combined: CombinedConstraint,
    trie: TokenTrie,
    notText: ReadonlySet<number>,
  ) {
    this.#automaton = automaton;
    this.#combined = combined;
    this.#trie = trie;
    this.#notText = notText;
    this.#spellsAll = byteOrder.every(
      (byte) => byte === 0xc0 || byte === 0xc1 || byte > 0xf4 || this.#tokenAt(trie.child(0, byte)) >= 0,
    );
  }

  /** @param goals the constraints that are to be met; default all */
  plan(
    state: AutomatonState<CombinedState>,
    when: keyof typeof maxDetours,
    goals?: ReadonlySet<Constraint> | undefined,
  ): readonly number[] | undefined {
    const direct = this.#search(state, maxDetours[when], goals);
    const plan = direct && this.#segment(direct);
    if (direct === undefined || direct.length === 0 || direct[0] === SPACE || goals !== undefined) return plan;
    // Where tokens are scarce: one byte more may be fewer of them, as those of words begin with a space, as a rule.
    const afterSpace = this.#automaton.step(state, SPACE);
    const detour = afterSpace === null ? undefined : this.#search(afterSpace, maxDetours[when], goals);
    const spaced = detour && this.#segment(Uint8Array.of(SPACE, ...detour));
    return spaced !== undefined && (plan === undefined || spaced.length < plan.length) ? spaced : plan;
  }

  /** Bytes that bring the text to an end: looked for quickly, and where that finds none, among more. */
  #search(
    from: AutomatonState<CombinedState>,
    detours: number,
    goals: ReadonlySet<Constraint> | undefined,
  ): Uint8Array | undefined {
    const quick = this.#spellsAll ? this.#path(from, maxDetours.during, goals, false) : undefined;
    return quick ?? this.#path(from, detours, goals, true);
  }

  #path(
    from: AutomatonState<CombinedState>,
    detours: number,
    goals: ReadonlySet<Constraint> | undefined,
    thorough: boolean,
  ): Uint8Array | undefined {
    const open = new PlaceQueue();
    const seen = new Set<string>();
    const add = (place: Place) => {
      const key = `${place.node} ${place.state.key}`;
      if (seen.has(key)) return;
      seen.add(key);
      const rest = this.#combined.bytesToEnd(place.state.value, goals);
      if (rest !== Infinity) open.push(place.length + haste * rest, place);
    };
    add({ state: from, node: 0, length: 0, byte: 0, before: undefined });
    const limit = detours + 4 * this.#combined.bytesToEnd(from.value, goals);
    for (let count = 0; count < limit; count++) {
      const place = open.pop();
      if (place === undefined) return undefined;
      if (place.node === 0 && this.#combined.satisfies(place.state.value, goals)) return bytesOf(place);
      // The queue takes the last of equals, which should be the first that was tried.
      for (const next of this.#neighbours(place, thorough).reverse()) add(next);
    }
    return undefined;
  }

  /**
   * Where one more byte leads. Of the bytes beyond ASCII, which are many and fill in nothing that a space could not, only
   * those that a constraint asks for; unless nothing else is left.
   */
  #neighbours(before: Place, thorough: boolean): Place[] {
    const wanted: number[] = [];
    const fillers: number[] = [];
    for (const byte of byteOrder) {
      if (this.#combined.isWanted(before.state.value, byte)) wanted.push(byte);
      else if (byte < 0x80 && (thorough || quickFillers.has(byte))) fillers.push(byte);
    }
    const places = this.#follow(before, [...wanted, ...fillers]);
    return places.length > 0 ? places : this.#follow(before, byteOrder);
  }

  #follow(before: Place, bytes: readonly number[]): Place[] {
    const found: Place[] = [];
    const tried = new Set<AutomatonState<CombinedState>>();
    for (const byte of bytes) {
      const node = this.#spellsAll ? 0 : this.#trie.child(before.node, byte);
      if (node < 0) continue;
      const state = this.#automaton.step(before.state, byte);
      if (state === null || (this.#spellsAll && tried.has(state))) continue;
      tried.add(state);
      const place = { state, byte, before, node, length: before.length + 1 };
      found.push(place);
      if (node > 0 && this.#tokenAt(node) >= 0) found.push({ ...place, node: 0 });
    }
    return found;
  }

  /** The fewest tokens that spell bytes. */
  #segment(bytes: Uint8Array): readonly number[] | undefined {
    /** From each byte on: how many tokens, and the first of them. */
    const counts = new Array<number>(bytes.length + 1).fill(Infinity);
    const tokens = new Array<number>(bytes.length).fill(-1);
    const lengths = new Array<number>(bytes.length).fill(0);
    counts[bytes.length] = 0;
    for (let start = bytes.length - 1; start >= 0; start--) {
      let node = 0;
      for (let end = start; end < bytes.length; end++) {
        node = this.#trie.child(node, bytes[end]!);
        if (node < 0) break;
        const token = this.#tokenAt(node);
        if (token < 0 || counts[end + 1]! + 1 > counts[start]!) continue;
        counts[start] = counts[end + 1]! + 1;
        tokens[start] = token;
        lengths[start] = end + 1 - start;
      }
    }
    if (counts[0] === Infinity) return undefined;
    const plan: number[] = [];
    for (let start = 0; start < bytes.length; start += lengths[start]!) plan.push(tokens[start]!);
    return plan;
  }

  /** A token of text that ends at a node, or -1. */
  #tokenAt(node: number): number {
    if (node >= 0) for (const token of this.#trie.tokensAt(node)) if (!this.#notText.has(token)) return token;
    return -1;
  }
}

function bytesOf(end: Place): Uint8Array {
  const bytes = new Uint8Array(end.length);
  let place = end;
  for (let index = end.length - 1; index >= 0; index--) {
    bytes[index] = place.byte;
    place = place.before!;
  }
  return bytes;
}

/** Places by rank, the lowest first, and of equals the last found: a search that goes on where it is. */
class PlaceQueue {
  readonly #ranks = new Map<number, Place[]>();
  #lowest = Infinity;

  push(rank: number, place: Place): void {
    const places = this.#ranks.get(rank);
    if (places === undefined) this.#ranks.set(rank, [place]);
    else places.push(place);
    this.#lowest = Math.min(this.#lowest, rank);
  }

  pop(): Place | undefined {
    const places = this.#ranks.get(this.#lowest);
    if (places === undefined) return undefined;
    const place = places.pop();
    if (places.length === 0) {
      this.#ranks.delete(this.#lowest);
      this.#lowest = Math.min(Infinity, ...this.#ranks.keys());
    }
    return place;
  }
}
