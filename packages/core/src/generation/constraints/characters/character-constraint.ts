import type { Constraint } from "../constraint.ts";
import type { CharacterAutomaton } from "./character-automaton.ts";
import type { Utf8Node } from "./utf8-tree.ts";

const unknown = -2;
const refused = -1;

/**
 * Runs an automaton over characters on the bytes of UTF-8. What is not well-formed is refused: it would reach a reader as U+FFFD,
 * and no rule speaks of that. A byte is also refused when every character that begins with it is, so a text that got so
 * far can always be ended. States are numbers, found when they are first reached and kept in tables.
 */
export class CharacterConstraint implements Constraint<number> {
  readonly name: string;
  readonly #automaton: CharacterAutomaton;
  readonly #ids = new Map<number, Map<Utf8Node, number>>();
  /** By state: what the automaton says of the characters so far, and where the bytes of the next one have led. */
  readonly #reached: number[] = [];
  readonly #nodes: Utf8Node[] = [];
  /** By state: the edge of its node for each byte, and the next state for each edge. */
  readonly #edges: Int16Array[] = [];
  readonly #rows: Int32Array[] = [];
  readonly #steps = new Map<number, number>();
  readonly #start: number;

  constructor(name: string, automaton: CharacterAutomaton) {
    this.name = name;
    this.#automaton = automaton;
    this.#start = this.#stateFor(automaton.start, automaton.classes.tree);
  }

  begin(): number {
    return this.#start;
  }

  step(state: number, byte: number): number | undefined {
    const edge = this.#edges[state]![byte]!;
    if (edge < 0) return undefined;
    let next = this.#rows[state]![edge]!;
    if (next === unknown) {
      next = this.#follow(state, edge);
      this.#rows[state]![edge] = next;
    }
    return next === refused ? undefined : next;
  }

  mayEnd(state: number): boolean {
    return this.#nodes[state]!.depth === 0 && this.#automaton.mayEnd(this.#reached[state]!);
  }

  key(state: number): number {
    return state;
  }

  bytesToEnd(state: number): number {
    const node = this.#nodes[state]!;
    const reached = this.#reached[state]!;
    if (node.depth === 0) return this.#automaton.bytesToEnd(reached);
    let least = Infinity;
    for (const characterClass of node.classes) {
      const next = this.#advance(reached, characterClass);
      if (next !== refused) least = Math.min(least, node.remaining + this.#automaton.bytesToEnd(next));
    }
    return least;
  }

  /** The automaton's state after the whole characters so far, and where the bytes of the next one have led. */
  protected characterState(state: number): { readonly reached: number; readonly node: Utf8Node } {
    return { reached: this.#reached[state]!, node: this.#nodes[state]! };
  }

  #follow(state: number, edge: number): number {
    const child = this.#nodes[state]!.edges.children[edge]!;
    const reached = this.#reached[state]!;
    if (typeof child === "number") {
      const next = this.#advance(reached, child);
      return next === refused ? refused : this.#stateFor(next, this.#automaton.classes.tree);
    }
    const open = child.classes.some((characterClass) => this.#advance(reached, characterClass) !== refused);
    return open ? this.#stateFor(reached, child) : refused;
  }

  #advance(reached: number, characterClass: number): number {
    const automaton = this.#automaton;
    const step = reached * automaton.classes.count + characterClass;
    let next = this.#steps.get(step);
    if (next === undefined) {
      next = automaton.step(reached, characterClass);
      if (next !== refused && automaton.bytesToEnd(next) === Infinity) next = refused;
      this.#steps.set(step, next);
    }
    return next;
  }

  #stateFor(reached: number, node: Utf8Node): number {
    let byNode = this.#ids.get(reached);
    if (byNode === undefined) {
      byNode = new Map();
      this.#ids.set(reached, byNode);
    }
    let id = byNode.get(node);
    if (id === undefined) {
      id = this.#nodes.push(node) - 1;
      this.#reached.push(reached);
      this.#edges.push(node.edges.edgeOf);
      this.#rows.push(new Int32Array(node.edges.children.length).fill(unknown));
      byNode.set(node, id);
    }
    return id;
  }
}
