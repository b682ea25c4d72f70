/** Sequences that characters decompose into, from their first character on. */
export interface DecompositionNode {
  readonly next: ReadonlyMap<number, DecompositionNode>;
  /** The characters that decompose into all that led here. */
  readonly composites: readonly number[];
}

interface GrowingNode extends DecompositionNode {
  readonly next: Map<number, GrowingNode>;
  readonly composites: number[];
}

let root: GrowingNode | undefined;

/** The canonical decompositions (NFD) of all characters that have one. Computed once, in some twenty milliseconds. */
export function canonicalDecompositions(): DecompositionNode {
  root ??= findDecompositions();
  return root;
}

function findDecompositions(): GrowingNode {
  const found: GrowingNode = { next: new Map(), composites: [] };
  const size = 0x40;
  // Nothing beyond the supplement of compatibility ideographs, at the end of plane 2, can be decomposed.
  for (let first = 0; first < 0x30000; first += size) {
    if (first >= 0xd800 && first <= 0xdfff) continue;
    const characters = Array.from({ length: size }, (_, index) => String.fromCodePoint(first + index));
    const chunk = characters.join("");
    if (chunk.normalize("NFD") === chunk) continue;
    for (const character of characters) {
      const decomposed = character.normalize("NFD");
      if (decomposed === character) continue;
      let node = found;
      for (const part of decomposed) {
        const codePoint = part.codePointAt(0)!;
        let next = node.next.get(codePoint);
        if (next === undefined) {
          next = { next: new Map(), composites: [] };
          node.next.set(codePoint, next);
        }
        node = next;
      }
      node.composites.push(character.codePointAt(0)!);
    }
  }
  return found;
}

/** Whether two marks mean the same in either order, as those do that stand at different places of a letter. */
export function marksCommute(a: string, b: string): boolean {
  return a !== b && (a + b).normalize("NFD") === (b + a).normalize("NFD");
}
