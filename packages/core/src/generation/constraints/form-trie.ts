/** One way to write a term. */
export interface TermForm {
  /** The number of the term. */
  readonly term: number;
  readonly bytes: Uint8Array;
  /** Whether it counts only where no letter is in front of it. */
  readonly wordStart: boolean;
  /** Whether it counts only where no letter follows. */
  readonly wordEnd: boolean;
}

interface FormNode {
  readonly depth: number;
  readonly children: Map<number, number>;
  /** The forms that lead through it or end at it. */
  readonly forms: TermForm[];
}

/** Forms of terms as a trie of their bytes, with two roots: one for those that begin anywhere, one for whole words. */
export class FormTrie {
  readonly #forms: readonly TermForm[];
  readonly #nodes: FormNode[] = [];
  readonly #anywhere = this.#addNode(0);
  readonly #atWordStart = this.#addNode(0);

  constructor(forms: readonly TermForm[]) {
    this.#forms = forms;
    for (const form of forms) {
      let node = form.wordStart ? this.#atWordStart : this.#anywhere;
      for (const [index, byte] of form.bytes.entries()) {
        const { children } = this.#nodes[node]!;
        const child = children.get(byte) ?? this.#addNode(index + 1);
        children.set(byte, child);
        this.#nodes[child]!.forms.push(form);
        node = child;
      }
    }
  }

  /** Where forms begin. */
  roots(atWordStart: boolean): readonly number[] {
    return atWordStart ? [this.#anywhere, this.#atWordStart] : [this.#anywhere];
  }

  /** The node after a byte, or -1. */
  child(node: number, byte: number): number {
    return this.#nodes[node]!.children.get(byte) ?? -1;
  }

  /** Bytes from a root to the node. */
  depth(node: number): number {
    return this.#nodes[node]!.depth;
  }

  formsOf(term: number): readonly TermForm[] {
    return this.#forms.filter((form) => form.term === term);
  }

  /** Forms that are complete at a node. */
  formsAt(node: number): readonly TermForm[] {
    const { depth, forms } = this.#nodes[node]!;
    return forms.filter(({ bytes }) => bytes.length === depth);
  }

  /** Forms of a term that a node leads to. */
  formsBelow(node: number, term: number): readonly TermForm[] {
    const { depth, forms } = this.#nodes[node]!;
    return forms.filter((form) => form.term === term && form.bytes.length > depth);
  }

  #addNode(depth: number): number {
    this.#nodes.push({ depth, children: new Map(), forms: [] });
    return this.#nodes.length - 1;
  }
}
