import { BayLingError } from "../../../errors.ts";
import { type CharacterClasses, characterClasses } from "../characters/character-classes.ts";
import type { CharacterSet } from "../characters/character-set.ts";
import type { Expression } from "./expression.ts";

/** Rules that refer to each other by name. */
export interface Grammar {
  readonly rules: ReadonlyMap<string, Expression>;
  readonly root: string;
}

/** A class of characters, as `-1 - set`, or a rule by its number. */
export type GrammarSymbol = number;

/** Symbols that repetitions may unfold to. */
const mostSymbols = 200_000;

/** A grammar without repetitions and groups: these are rules of their own. */
export interface Productions {
  readonly classes: CharacterClasses;
  /** By rule: its alternatives, each a sequence of symbols. */
  readonly alternatives: readonly (readonly (readonly GrammarSymbol[])[])[];
  readonly root: number;
  /** The fewest bytes of a text that follows a symbol; Infinity where none ends. */
  leastBytesOf(symbol: GrammarSymbol): number;
}

/**
 * @param source names the grammar in errors
 * @throws BayLingError `grammar-invalid` for left recursion, and for a grammar that no text follows
 */
export function compileGrammar(grammar: Grammar, source: string): Productions {
  const compiler = new GrammarCompiler(source);
  const root = compiler.compile(grammar);
  const classes = characterClasses(compiler.sets);
  const bytesOfSets = compiler.sets.map((_, set) =>
    classes.classesIn(set).reduce((least, one) => Math.min(least, classes.leastBytes(one)), Infinity),
  );
  const { alternatives, names } = compiler;
  const leastBytes = findLeastBytes(alternatives, bytesOfSets);
  const leastBytesOf = (symbol: GrammarSymbol) => (symbol < 0 ? bytesOfSets[-1 - symbol]! : leastBytes[symbol]!);
  refuseLeftRecursion(alternatives, names, leastBytesOf, source);
  if (leastBytes[root] === Infinity) {
    throw new BayLingError("grammar-invalid", {
      ...{ source, field: `rule ${grammar.root}`, problem: "no text follows it", expected: "a way to an end" },
    });
  }
  return { classes, alternatives, root, leastBytesOf };
}

class GrammarCompiler {
  readonly sets: CharacterSet[] = [];
  readonly alternatives: (readonly GrammarSymbol[])[][] = [];
  /** By rule: the name of the rule of the grammar that it is a part of. */
  readonly names: string[] = [];
  readonly #setNumbers = new Map<string, number>();
  readonly #ruleNumbers = new Map<string, number>();
  readonly #source: string;
  #current = "";
  #symbols = 0;

  constructor(source: string) {
    this.#source = source;
  }

  compile({ rules, root }: Grammar): number {
    for (const name of rules.keys()) {
      this.#current = name;
      this.#ruleNumbers.set(name, this.#add([]));
    }
    for (const [name, expression] of rules) {
      this.#current = name;
      const options = expression.kind === "choice" ? expression.options : [expression];
      this.alternatives[this.#ruleNumbers.get(name)!] = options.map((option) => this.#symbolsOf(option));
    }
    return this.#ruleNumbers.get(root)!;
  }

  #symbolsOf(expression: Expression): readonly GrammarSymbol[] {
    switch (expression.kind) {
      case "characters":
        return this.#counted([-1 - this.#setNumber(expression.set)]);
      case "sequence":
        return expression.parts.flatMap((part) => this.#symbolsOf(part));
      case "rule":
        return this.#counted([this.#ruleNumbers.get(expression.name)!]);
      case "choice":
        return [this.#add(expression.options.map((option) => this.#symbolsOf(option)))];
      case "repeat":
        return this.#repeated(expression);
      default:
        throw new TypeError("grammars have no anchors");
    }
  }

  #repeated({ part, least, most }: Expression & { kind: "repeat" }): readonly GrammarSymbol[] {
    const symbols = this.#symbolsOf(part);
    // Counted before they are written out: a large count would fill the memory first.
    this.#count(symbols.length + least + (most === Infinity ? 1 : most));
    const once = symbols.length === 1 ? symbols[0]! : this.#add([symbols]);
    const repeated = new Array<GrammarSymbol>(least).fill(once);
    if (most === Infinity) {
      const more = this.#add([]);
      this.alternatives[more] = [[once, more], []];
      return [...repeated, more];
    }
    let rest: readonly GrammarSymbol[] = [];
    for (let count = least; count < most; count++) rest = [this.#add([[once, ...rest], []])];
    return [...repeated, ...rest];
  }

  #add(alternatives: (readonly GrammarSymbol[])[]): number {
    this.names.push(this.#current);
    return this.alternatives.push(alternatives) - 1;
  }

  #counted(symbols: readonly GrammarSymbol[]): readonly GrammarSymbol[] {
    this.#count(symbols.length);
    return symbols;
  }

  #count(symbols: number): void {
    this.#symbols += symbols;
    if (this.#symbols <= mostSymbols) return;
    throw new BayLingError("grammar-invalid", {
      source: this.#source,
      field: `rule ${this.#current}`,
      problem: "the grammar is too large",
      expected: `at most ${mostSymbols} symbols when all repetitions are written out`,
      remedy: "Repeat less often, or without an upper bound",
    });
  }

  #setNumber(set: CharacterSet): number {
    const name = set.join();
    const known = this.#setNumbers.get(name);
    if (known !== undefined) return known;
    this.#setNumbers.set(name, this.sets.length);
    return this.sets.push(set) - 1;
  }
}

function findLeastBytes(alternatives: Productions["alternatives"], bytesOfSets: readonly number[]): readonly number[] {
  const least = alternatives.map(() => Infinity);
  // By rule: the rules that have to be looked at again when it has become shorter.
  const users: Set<number>[] = alternatives.map(() => new Set());
  alternatives.forEach((options, user) => {
    for (const symbol of options.flat()) if (symbol >= 0) users[symbol]!.add(user);
  });
  const waiting = new Set(alternatives.keys());
  // A set gives what is added while one goes through it, and again what was taken out.
  for (const rule of waiting) {
    waiting.delete(rule);
    for (const option of alternatives[rule]!) {
      const bytes = option.reduce((sum, symbol) => sum + (symbol < 0 ? bytesOfSets[-1 - symbol]! : least[symbol]!), 0);
      if (bytes >= least[rule]!) continue;
      least[rule] = bytes;
      for (const user of users[rule]!) waiting.add(user);
    }
  }
  return least;
}

/**
 * Refuses rules that come back to themselves before the first character with something left to do after: their stacks
 * would grow without end. To come back with nothing left is harmless.
 */
function refuseLeftRecursion(
  alternatives: Productions["alternatives"],
  names: readonly string[],
  leastBytesOf: (symbol: GrammarSymbol) => number,
  source: string,
): void {
  const edges = alternatives.map((options) =>
    options.flatMap((option) => {
      const first = option.findIndex((symbol) => leastBytesOf(symbol) > 0);
      const reached = option.slice(0, first < 0 ? option.length : first + 1);
      return reached.flatMap((symbol, at) => (symbol < 0 ? [] : [{ to: symbol, isLast: at === option.length - 1 }]));
    }),
  );
  const components = findComponents(edges.map((list) => list.map(({ to }) => to)));
  edges.forEach((list, rule) => {
    if (list.every(({ to, isLast }) => isLast || components[to] !== components[rule])) return;
    throw new BayLingError("grammar-invalid", {
      source,
      field: `rule ${names[rule]}`,
      problem: "it begins with itself (left recursion)",
      remedy: "Write it with a repetition, or put the recursion at the end",
    });
  });
}

/** Numbers the nodes of a graph so that those that reach each other have the same number (Tarjan 1972, without calls). */
function findComponents(edges: readonly (readonly number[])[]): readonly number[] {
  const order = edges.map(() => -1);
  const low = edges.map(() => 0);
  const component = edges.map(() => -1);
  const open: number[] = [];
  let count = 0;
  for (const start of edges.keys()) {
    if (order[start]! >= 0) continue;
    const path = [{ node: start, next: 0 }];
    while (path.length > 0) {
      const here = path.at(-1)!;
      const { node } = here;
      if (here.next === 0) {
        order[node] = count;
        low[node] = count++;
        open.push(node);
      }
      const to = edges[node]![here.next++];
      if (to !== undefined) {
        if (order[to]! < 0) path.push({ node: to, next: 0 });
        else if (component[to]! < 0) low[node] = Math.min(low[node]!, order[to]!);
        continue;
      }
      path.pop();
      const above = path.at(-1)?.node;
      if (above !== undefined) low[above] = Math.min(low[above]!, low[node]!);
      if (low[node] !== order[node]) continue;
      for (let member = open.pop()!; ; member = open.pop()!) {
        component[member] = node;
        if (member === node) break;
      }
    }
  }
  return component;
}
