import type { Graph, GraphNode, Value, WeightReference } from "../graph/graph.ts";
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

/** A node with its values and weights looked up. */
interface Step<W> {
  readonly node: GraphNode;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly weight: W | undefined;
  readonly bias: W | undefined;
}

/** Walks the graph, one device operation a node, in buffers that values share when their lives do not overlap. */
export class GraphInterpreter<B extends DeviceBuffer, W extends DeviceWeight> {
  readonly #context: ComputeContext<B, W>;
  readonly #graph: Graph;
  readonly #steps: readonly Step<W>[];
  readonly #slotOf: ReadonlyMap<string, number>;
  readonly #slots: (B | undefined)[] = [];

  constructor(context: ComputeContext<B, W>, graph: Graph, weights: ReadonlyMap<string, W>) {
    this.#context = context;
    this.#graph = graph;
    const slotOf = assignSlots(graph);
    this.#slotOf = slotOf;
    this.#steps = graph.nodes.map((node) => ({
      node,
      inputs: inputsOf(node).map(({ name }) => slotOf.get(name)!),
      output: slotOf.get(node.output.name)!,
      weight: weights.get(weightOf(node)?.name ?? ""),
      bias: node.op === "linear" && node.bias !== undefined ? weights.get(node.bias.name) : undefined,
    }));
  }

  /** The buffer of a value after {@link run}; only `hidden` and `scores` outlive it. */
  buffer(value: Value): B {
    return this.#slots[this.#slotOf.get(value.name)!]!;
  }

  /** Runs a pass. `pause` is awaited between nodes, and may throw to stop. */
  async run(pass: Pass<B>, pause: () => Promise<void> | undefined): Promise<void> {
    for (const step of this.#steps) {
      const { output } = step.node;
      const rows = this.#rows(output, pass);
      if (rows === 0) break;
      this.#reserve(step.output, rows * output.width);
      this.#execute(step, rows, pass);
      const paused = pause();
      if (paused !== undefined) await paused;
    }
  }

  #rows(value: Value, pass: Pass<B>): number {
    if (value.rows === "tokens") return pass.tokens.length;
    return value === this.#graph.scores ? pass.scoreRows : pass.outputRows.length;
  }

  #reserve(slot: number, length: number): void {
    const buffer = this.#slots[slot];
    if (buffer !== undefined && buffer.length >= length) return;
    if (buffer !== undefined) this.#context.free(buffer);
    this.#slots[slot] = undefined; // an allocation that fails must not leave the freed buffer behind
    this.#slots[slot] = this.#context.allocate(length);
  }

  #execute(step: Step<W>, rows: number, pass: Pass<B>): void {
    const context = this.#context;
    const { node } = step;
    const output = this.#slots[step.output]!;
    const input = (index: number): B => this.#slots[step.inputs[index]!]!;
    const weight = step.weight!;
    switch (node.op) {
      case "embed":
        context.embed({ table: weight, ids: pass.tokens, output });
        return;
      case "rmsNorm": {
        const { groupSize, epsilon } = node;
        const { width } = node.input;
        context.rmsNorm({ input: input(0), weight, rows, width, groupSize, epsilon, output });
        return;
      }
      case "linear":
        context.linear({ input: input(0), weight, bias: step.bias, rows, output });
        return;
      case "rope": {
        const { headSize, pairing, frequencies, magnitude } = node;
        const { width } = node.input;
        const { positions } = pass;
        context.rope({ input: input(0), rows, width, headSize, pairing, frequencies, magnitude, positions, output });
        return;
      }
      case "attention": {
        const { heads, keyValueHeads, headSize, scale, window } = node;
        for (const segment of pass.segments) {
          context.attention({
            query: input(0),
            key: input(1),
            value: input(2),
            firstRow: segment.firstRow,
            rows: segment.rows,
            position: segment.position,
            keyCache: segment.keyCaches[node.layer]!,
            valueCache: segment.valueCaches[node.layer]!,
            heads,
            keyValueHeads,
            headSize,
            scale,
            window,
            output,
          });
        }
        return;
      }
      case "swiglu":
        context.swiglu({ gate: input(0), up: input(1), length: rows * node.output.width, output });
        return;
      case "add":
        context.add({ left: input(0), right: input(1), length: rows * node.output.width, output });
        return;
      case "select": {
        const { width } = node.output;
        for (const [index, row] of pass.outputRows.entries()) {
          context.copy(input(0), row * width, output, index * width, width);
        }
        return;
      }
    }
  }
}

/** The weight that a node applies; a linear's bias comes beside it. */
function weightOf(node: GraphNode): WeightReference | undefined {
  if (node.op === "embed") return node.table;
  return node.op === "rmsNorm" || node.op === "linear" ? node.weight : undefined;
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
