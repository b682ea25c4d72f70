import type { Constraint } from "../generation/constraints/constraint.ts";

/** A generator of numbers from 0 up to 1 (mulberry32): the same seed, the same numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface WalkOptions {
  readonly random: () => number;
  /** Texts to write, now and then, where they are allowed: random bytes alone hardly ever meet what matters. */
  readonly fragments?: readonly string[];
  /** Bytes after which the walk takes the shortest way to an end. */
  readonly length: number;
  /** Whether `bytesToEnd` may be more than the least: what it says then only has to be kept. */
  readonly roughDistance?: boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Writes a text by what a constraint allows, byte by byte, and asserts on the way that it never gets stuck and that
 * `bytesToEnd` is what it takes to the end.
 */
export function randomWalk<State>(
  constraint: Constraint<State>,
  { random, fragments = [], length, roughDistance = false }: WalkOptions,
): string {
  const bytes: number[] = [];
  let state = constraint.begin();
  const allowed = () =>
    Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => constraint.step(state, byte) !== undefined);
  const write = (byte: number) => {
    state = constraint.step(state, byte)!;
    bytes.push(byte);
  };
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
  while (bytes.length < length) {
    if (constraint.mayEnd(state) && random() < 0.02) break;
    if (fragments.length > 0 && random() < 0.7) {
      for (const byte of encoder.encode(pick(fragments))) {
        if (constraint.step(state, byte) === undefined) break;
        write(byte);
      }
      continue;
    }
    const bytesAllowed = allowed();
    if (bytesAllowed.length === 0 && constraint.mayEnd(state)) break;
    if (bytesAllowed.length === 0) throw new Error(`stuck after ${JSON.stringify(text(bytes))}`);
    write(pick(bytesAllowed));
  }
  while (!constraint.mayEnd(state)) {
    const before = constraint.bytesToEnd(state);
    if (!(before > 0 && before < Infinity))
      throw new Error(`${before} bytes to the end of ${JSON.stringify(text(bytes))}`);
    const next = allowed().find((byte) => {
      const after = constraint.bytesToEnd(constraint.step(state, byte)!);
      return roughDistance ? after < before : after === before - 1;
    });
    if (next === undefined) throw new Error(`no way of ${before} bytes to the end of ${JSON.stringify(text(bytes))}`);
    write(next);
  }
  return decoder.decode(Uint8Array.from(bytes));
}

function text(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Whether a constraint takes a text as a whole. */
export function accepts<State>(constraint: Constraint<State>, text: string): boolean {
  let state: State | undefined = constraint.begin();
  for (const byte of encoder.encode(text)) {
    state = constraint.step(state, byte);
    if (state === undefined) return false;
  }
  return constraint.mayEnd(state);
}

/** The least number of bytes of a text that a constraint takes, found by trying all that it allows; Infinity beyond a limit. */
export function shortestText<State>(constraint: Constraint<State>, limit: number): number {
  let states = new Map([[constraint.key(constraint.begin()), constraint.begin()]]);
  for (let length = 0; length <= limit; length++) {
    const next = new Map<string | number, State>();
    for (const state of states.values()) {
      if (constraint.mayEnd(state)) return length;
      for (let byte = 0; byte < 256; byte++) {
        const after = constraint.step(state, byte);
        if (after !== undefined) next.set(constraint.key(after), after);
      }
    }
    states = next;
  }
  return Infinity;
}
