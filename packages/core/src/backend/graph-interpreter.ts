import type { Graph, GraphNode, Value } from "../graph/graph.ts";
import type { ComputeContext, DeviceBuffer, DeviceWeight } from "./compute-device.ts";

/** The rows of one sequence within a pass. */
export interface Segment<B> {
  readonly firstRow: number;
  readonly rows: number;
  /** The position of the first row. */
  readonly position: number;
  /** KV caches by layer, long enough for position + rows. */
  readonly keyCaches: readonly B[];
  readonly valueCaches: readonly B[];
}

/** One evaluation of the graph. */
export interface Pass<B> {
  readonly tokens: Uint32Array;
  /** The position of each token in its sequence. */
  readonly positions: Uint32Array;
  readonly segments: readonly Segment<B>[];
  /** Rows that `select` keeps. */
  readonly outputRows: readonly number[];
  /** How many of the kept rows, from the first, need scores; the others stop at the hidden state. */
  readonly scoreRows: number;
}

/** Walks the graph, one device operation a node, in buffers that values share when their lives do not overlap. */
export class GraphInterpreter<B extends DeviceBuffer, W extends DeviceWeight> {
  readonly #context: ComputeContext<B, W>;
  readonly #graph: Graph;
  readonly #weights: ReadonlyMap<string, W>;
  readonly #slotOf: ReadonlyMap<string, number>;
  readonly #slots: (B | undefined)[] = [];

  constructor(context: ComputeContext<B, W>, graph: Graph, weights: ReadonlyMap<string, W>) {
    this.#context = context;
    this.#graph = graph;
    this.#weights = weights;
    this.#slotOf = assignSlots(graph);
  }

  /** The buffer of a value after {@link run}; only `hidden` and `scores` outlive it. */
  buffer(value: Value): B {
    return this.#slots[this.#slotOf.get(value.name)!]!;
  }

  /** Runs a pass. `pause` is awaited between nodes, and may throw to stop. */
  async run(pass: Pass<B>, pause: () => Promise<void> | undefined): Promise<void> {
    for (const node of this.#graph.nodes) {
      const { output } = node;
      const rows = this.#rows(output, pass);
      if (rows === 0) break;
      this.#reserve(output, rows);
      this.#execute(node, rows, pass);
      const paused = pause();
      if (paused !== undefined) await paused;
    }
  }

  #rows(value: Value, pass: Pass<B>): number {
    if (value.rows === "tokens") return pass.tokens.length;
    return value === this.#graph.scores ? pass.scoreRows : pass.outputRows.length;
  }

  #reserve(value: Value, rows: number): void {
    const slot = this.#slotOf.get(value.name)!;
    const needed = rows * value.width;
    const buffer = this.#slots[slot];
    if (buffer !== undefined && buffer.length >= needed) return;
    if (buffer !== undefined) this.#context.free(buffer);
    this.#slots[slot] = undefined; // an allocation that fails must not leave the freed buffer behind
    this.#slots[slot] = this.#context.allocate(needed);
  }

  #weight(reference: { readonly name: string }): W {
    return this.#weights.get(reference.name)!;
  }

  #execute(node: GraphNode, rows: number, pass: Pass<B>): void {
    const context = this.#context;
    const output = this.buffer(node.output);
    switch (node.op) {
      case "embed":
        context.embed({ table: this.#weight(node.table), ids: pass.tokens, output });
        return;
      case "rmsNorm": {
        const { groupSize, epsilon } = node;
        const { width } = node.input;
        const input = this.buffer(node.input);
        context.rmsNorm({ input, weight: this.#weight(node.weight), rows, width, groupSize, epsilon, output });
        return;
      }
      case "linear": {
        const bias = node.bias && this.#weight(node.bias);
        context.linear({
          input: this.buffer(node.input),
          weight: this.#weight(node.weight),
          bias,
          rows,
          output,
        });
        return;
      }
      case "rope": {
        const { headSize, pairing, frequencies, magnitude } = node;
        const { width } = node.input;
        const { positions } = pass;
        const input = this.buffer(node.input);
        context.rope({ input, rows, width, headSize, pairing, frequencies, magnitude, positions, output });
        return;
      }
      case "attention": {
        const { heads, keyValueHeads, headSize, scale, window } = node;
        const query = this.buffer(node.query);
        const key = this.buffer(node.key);
        const value = this.buffer(node.value);
        for (const segment of pass.segments) {
          context.attention({
            ...{ query, key, value, output, heads, keyValueHeads, headSize, scale, window },
            firstRow: segment.firstRow,
            rows: segment.rows,
            position: segment.position,
            keyCache: segment.keyCaches[node.layer]!,
            valueCache: segment.valueCaches[node.layer]!,
          });
        }
        return;
      }
      case "swiglu": {
        const length = rows * node.output.width;
        context.swiglu({ gate: this.buffer(node.gate), up: this.buffer(node.up), length, output });
        return;
      }
      case "add": {
        const length = rows * node.output.width;
        context.add({ left: this.buffer(node.left), right: this.buffer(node.right), length, output });
        return;
      }
      case "select": {
        const { width } = node.output;
        const input = this.buffer(node.input);
        pass.outputRows.forEach((row, index) => {
          context.copy(input, row * width, output, index * width, width);
        });
        return;
      }
    }
  }
}

/** The values that a node reads. */
function inputsOf(node: GraphNode): readonly Value[] {
  switch (node.op) {
    case "embed":
      return [];
    case "rmsNorm":
    case "linear":
    case "rope":
    case "select":
      return [node.input];
    case "attention":
      return [node.query, node.key, node.value];
    case "swiglu":
      return [node.gate, node.up];
    case "add":
      return [node.left, node.right];
  }
}

/** Gives every value a buffer number; values of one width share a number when one dies before the other is written. */
function assignSlots(graph: Graph): Map<string, number> {
  const lastUse = new Map<string, number>();
  graph.nodes.forEach((node, index) => {
    for (const input of inputsOf(node)) lastUse.set(input.name, index);
  });
  lastUse.set(graph.hidden.name, graph.nodes.length);
  lastUse.set(graph.scores.name, graph.nodes.length);

  const slots = new Map<string, number>();
  const free = new Map<string, number[]>(); // slots by rows and width
  let count = 0;
  graph.nodes.forEach((node, index) => {
    const key = ({ rows, width }: Value) => `${rows}×${width}`;
    // Taken before the inputs are given back: a linear must not write over what it reads.
    slots.set(node.output.name, free.get(key(node.output))?.pop() ?? count++);
    for (const input of new Set(inputsOf(node))) {
      if (lastUse.get(input.name) !== index) continue;
      const list = free.get(key(input)) ?? [];
      free.set(key(input), list);
      list.push(slots.get(input.name)!);
    }
  });
  return slots;
}
