import { BayLingError } from "../../../errors.ts";
import type { CharacterSet } from "../characters/character-set.ts";
import type { Expression } from "./expression.ts";

/** Positions that repetitions may unfold to. */
const mostPositions = 50_000;

/** A position within an expression and where it leads. */
export interface Position {
  /** Over a character of the set of this index. */
  readonly over: { readonly set: number; readonly to: number }[];
  /** Without a character. */
  readonly free: number[];
  /** Without a character, at the beginning of the text only, or at its end only. */
  readonly atStart: number[];
  readonly atEnd: number[];
}

/** An expression unfolded (Thompson 1968): begins at position 0, ends at 1. */
export interface NondeterministicAutomaton {
  readonly positions: readonly Position[];
  readonly sets: readonly CharacterSet[];
}

/** @throws BayLingError `grammar-invalid` where repetitions make too much of it */
export function unfold(expression: Expression): NondeterministicAutomaton {
  const positions: Position[] = [];
  const sets: CharacterSet[] = [];
  const setIndices = new Map<string, number>();
  const add = () => {
    if (positions.length === mostPositions) {
      throw new BayLingError("grammar-invalid", {
        source: "regular expression",
        problem: "it is too large",
        expected: `at most ${mostPositions} positions when all repetitions are written out`,
        remedy: "Repeat less often, or without an upper bound",
      });
    }
    return positions.push({ over: [], free: [], atStart: [], atEnd: [] }) - 1;
  };
  const indexOf = (set: CharacterSet) => {
    const name = set.join();
    const known = setIndices.get(name);
    if (known !== undefined) return known;
    setIndices.set(name, sets.length);
    return sets.push(set) - 1;
  };
  const build = (part: Expression, from: number, to: number): void => {
    switch (part.kind) {
      case "characters":
        if (part.set.length > 0) positions[from]!.over.push({ set: indexOf(part.set), to });
        return;
      case "sequence": {
        let at = from;
        for (const one of part.parts) {
          const next = add();
          build(one, at, next);
          at = next;
        }
        positions[at]!.free.push(to);
        return;
      }
      case "choice":
        for (const option of part.options) build(option, from, to);
        return;
      case "repeat":
        repeatPart(part, from, to);
        return;
      case "start":
        positions[from]!.atStart.push(to);
        return;
      case "end":
        positions[from]!.atEnd.push(to);
        return;
      case "rule":
        throw new TypeError("regular expressions have no rules");
    }
  };
  const repeatPart = ({ part, least, most }: Expression & { kind: "repeat" }, from: number, to: number) => {
    let at = from;
    const once = () => {
      const next = add();
      build(part, at, next);
      at = next;
    };
    for (let count = 0; count < least; count++) once();
    if (most === Infinity) {
      const loop = add();
      positions[at]!.free.push(loop);
      at = loop;
      once();
      positions[at]!.free.push(loop);
      positions[loop]!.free.push(to);
      return;
    }
    for (let count = least; count < most; count++) {
      positions[at]!.free.push(to);
      once();
    }
    positions[at]!.free.push(to);
  };
  add();
  add();
  build(expression, 0, 1);
  return { positions, sets };
}
