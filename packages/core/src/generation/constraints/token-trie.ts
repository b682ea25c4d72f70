import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

const tries = new WeakMap<Tokenizer, TokenTrie>();

/**
 * The tokens that can be part of a text, as a trie of their bytes. Nodes are numbered in preorder, so a walk is one pass
 * over arrays that jumps from a node to `ends[node]` where nothing below it is wanted. Node 0 is the root.
 */
export class TokenTrie {
  /** Number of nodes. */
  readonly size: number;
  /** The byte that leads to each node. */
  readonly bytes: Uint8Array;
  readonly depths: Int32Array;
  /** The first node that is not below each node. */
  readonly ends: Int32Array;
  /** A token that ends at each node, or -1. */
  readonly tokens: Int32Array;
  /** By token the next one of the same bytes, or -1: byte tokens and letters may stand for the same. */
  readonly twins: Int32Array;
  readonly #rootChildren: Int32Array = new Int32Array(256).fill(-1);

  /** The trie of a tokenizer, built when it is first asked for. */
  static of(tokenizer: Tokenizer): TokenTrie {
    const known = tries.get(tokenizer);
    if (known !== undefined) return known;
    const trie = new TokenTrie(tokenizer);
    tries.set(tokenizer, trie);
    return trie;
  }

  private constructor(tokenizer: Tokenizer) {
    const linked = new LinkedTrie(tokenizer);
    const { size } = linked;
    this.size = size;
    this.bytes = new Uint8Array(size);
    this.depths = new Int32Array(size);
    this.ends = new Int32Array(size);
    this.tokens = new Int32Array(size);
    this.twins = linked.twins;
    /** The linked nodes on the way to where the numbering is, and the numbers they got. */
    const path = [0];
    const numbers = [0];
    let count = 1;
    this.tokens[0] = -1;
    let node = linked.firstChildren[0]!;
    while (path.length > 0) {
      if (node < 0) {
        this.ends[numbers.pop()!] = count;
        node = linked.siblings[path.pop()!]!;
        continue;
      }
      const number = count++;
      this.bytes[number] = linked.bytes[node]!;
      this.depths[number] = path.length;
      this.tokens[number] = linked.tokens[node]!;
      if (path.length === 1) this.#rootChildren[linked.bytes[node]!] = number;
      path.push(node);
      numbers.push(number);
      node = linked.firstChildren[node]!;
    }
  }

  /** The child of a node by its byte, or -1. */
  child(node: number, byte: number): number {
    if (node === 0) return this.#rootChildren[byte]!;
    const end = this.ends[node]!;
    for (let child = node + 1; child < end; child = this.ends[child]!) if (this.bytes[child] === byte) return child;
    return -1;
  }

  /** All tokens that end at a node. */
  *tokensAt(node: number): Generator<number, void, undefined> {
    for (let token = this.tokens[node]!; token >= 0; token = this.twins[token]!) yield token;
  }
}

/** The trie while it grows: children are lists, and a hash table finds the child of a byte. */
class LinkedTrie {
  size = 1;
  bytes: Uint8Array = new Uint8Array(1024);
  tokens: Int32Array = new Int32Array(1024).fill(-1);
  firstChildren: Int32Array = new Int32Array(1024).fill(-1);
  siblings: Int32Array = new Int32Array(1024).fill(-1);
  parents: Int32Array = new Int32Array(1024).fill(-1);
  /** Nodes at the hash of parent and byte, or after it; 0 where there is none. Four slots for each node. */
  #slots: Int32Array = new Int32Array(4096);
  readonly twins: Int32Array;

  constructor(tokenizer: Tokenizer) {
    this.twins = new Int32Array(tokenizer.vocabularySize).fill(-1);
    for (let token = 0; token < tokenizer.vocabularySize; token++) {
      if (token !== tokenizer.unknownToken && !tokenizer.isControl(token))
        this.#add(token, tokenizer.tokenBytes(token));
    }
  }

  #add(token: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let node = 0;
    for (let index = 0; index < bytes.length; index++) node = this.#enter(node, bytes[index]!);
    this.twins[token] = this.tokens[node]!;
    this.tokens[node] = token;
  }

  #enter(parent: number, byte: number): number {
    const slot = this.#slotOf(parent, byte);
    const known = this.#slots[slot]!;
    if (known > 0) return known;
    const node = this.size++;
    this.#slots[slot] = node;
    this.bytes[node] = byte;
    this.parents[node] = parent;
    this.siblings[node] = this.firstChildren[parent]!;
    this.firstChildren[parent] = node;
    if (this.size === this.bytes.length) this.#grow();
    return node;
  }

  /** Where the child is, or would be. */
  #slotOf(parent: number, byte: number): number {
    const mask = this.#slots.length - 1;
    let slot = (Math.imul((parent << 8) ^ byte, 0x9e3779b1) >>> 7) & mask;
    for (;;) {
      const node = this.#slots[slot]!;
      if (node === 0 || (this.parents[node] === parent && this.bytes[node] === byte)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const larger = (old: Int32Array): Int32Array => {
      const grown = new Int32Array(2 * old.length).fill(-1, old.length);
      grown.set(old);
      return grown;
    };
    const bytes = new Uint8Array(2 * this.bytes.length);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.tokens = larger(this.tokens);
    this.firstChildren = larger(this.firstChildren);
    this.siblings = larger(this.siblings);
    this.parents = larger(this.parents);
    this.#slots = new Int32Array(4 * bytes.length);
    for (let node = 1; node < this.size; node++) this.#slots[this.#slotOf(this.parents[node]!, bytes[node]!)] = node;
  }
}
