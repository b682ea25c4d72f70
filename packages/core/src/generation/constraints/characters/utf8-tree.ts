/** Code points cut into segments, each of one class. */
interface Segments {
  /** First code points, ascending, from 0. */
  readonly starts: readonly number[];
  /** The class of each segment. */
  readonly classes: readonly number[];
}

export interface Utf8Edges {
  /** For each byte the index in `children`, or -1. */
  readonly edgeOf: Int16Array;
  /** The class of the character that the byte completes, or the node within the character. Each appears once. */
  readonly children: readonly (number | Utf8Node)[];
}

const continuations = 64;

/**
 * Where the bytes of one character have led: well-formed UTF-8 only, so overlong forms, surrogates and stray bytes lead
 * nowhere. A node is looked into when it is first reached; most of Unicode never is.
 */
export class Utf8Node {
  /** Bytes of the character so far, 0 to 3. */
  readonly depth: number;
  /** Bytes that complete the character; before the first byte, where it is not known, 0. */
  readonly remaining: number;
  /** The classes of all characters that begin so, ascending. */
  readonly classes: readonly number[];
  readonly #expand: () => Utf8Edges;
  #edges: Utf8Edges | undefined;

  constructor(depth: number, remaining: number, classes: readonly number[], expand: () => Utf8Edges) {
    this.depth = depth;
    this.remaining = remaining;
    this.classes = classes;
    this.#expand = expand;
  }

  get edges(): Utf8Edges {
    this.#edges ??= this.#expand();
    return this.#edges;
  }
}

/** The tree for code points cut into segments of known classes, before the first byte. */
export function utf8Tree(starts: readonly number[], classes: readonly number[]): Utf8Node {
  const segments: Segments = { starts, classes };
  const uniform = new Map<number, Utf8Node>();
  const all = [...new Set(classes)].sort((a, b) => a - b);
  return new Utf8Node(0, 0, all, () => {
    const edges = new EdgeList();
    for (let byte = 0; byte < 0x80; byte++) edges.add(byte, classesBetween(segments, byte, byte)[0]!);
    const lead = (byte: number, first: number, last: number, remaining: number) =>
      edges.add(byte, nodeFor(segments, uniform, first, last, remaining, 1));
    for (let byte = 0xc2; byte <= 0xdf; byte++) lead(byte, (byte & 0x1f) << 6, ((byte & 0x1f) << 6) | 0x3f, 1);
    for (let byte = 0xe0; byte <= 0xef; byte++) {
      const first = (byte & 0x0f) << 12;
      lead(byte, Math.max(first, 0x800), byte === 0xed ? 0xd7ff : first | 0xfff, 2);
    }
    for (let byte = 0xf0; byte <= 0xf4; byte++) {
      const first = (byte & 0x07) << 18;
      lead(byte, Math.max(first, 0x10000), Math.min(first | 0x3ffff, 0x10ffff), 3);
    }
    return edges;
  });
}

/** The node after bytes that code points from `first` to `last` share, with `remaining` bytes to come. */
function nodeFor(
  segments: Segments,
  uniform: Map<number, Utf8Node>,
  first: number,
  last: number,
  remaining: number,
  depth: number,
): Utf8Node {
  const classes = classesBetween(segments, first, last);
  const width = continuations ** (remaining - 1);
  const isWhole = last - first + 1 === continuations * width;
  // What is of one class everywhere is the same node.
  const shared = classes.length === 1 && isWhole ? (classes[0]! * 4 + remaining) * 4 + depth : undefined;
  const before = shared === undefined ? undefined : uniform.get(shared);
  if (before !== undefined) return before;
  const node = new Utf8Node(depth, remaining, classes, () => {
    const edges = new EdgeList();
    for (let from = first; from <= last; ) {
      const to = Math.min(from - (from % width) + width - 1, last);
      const byte = 0x80 | (Math.floor(from / width) % continuations);
      const child =
        remaining === 1
          ? classesBetween(segments, from, from)[0]!
          : nodeFor(segments, uniform, from, to, remaining - 1, depth + 1);
      edges.add(byte, child);
      from = to + 1;
    }
    return edges;
  });
  if (shared !== undefined) uniform.set(shared, node);
  return node;
}

class EdgeList implements Utf8Edges {
  readonly edgeOf: Int16Array = new Int16Array(256).fill(-1);
  readonly children: (number | Utf8Node)[] = [];
  readonly #indices = new Map<number | Utf8Node, number>();

  add(byte: number, child: number | Utf8Node): void {
    let index = this.#indices.get(child);
    if (index === undefined) {
      index = this.children.push(child) - 1;
      this.#indices.set(child, index);
    }
    this.edgeOf[byte] = index;
  }
}

function classesBetween({ starts, classes }: Segments, first: number, last: number): number[] {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= first) low = middle;
    else high = middle - 1;
  }
  const found = new Set<number>();
  for (let index = low; index < starts.length && starts[index]! <= last; index++) found.add(classes[index]!);
  return [...found].sort((a, b) => a - b);
}
