/** Numbers byte strings in the order they come, and finds the number of a byte string again. */
export class ByteStringTable {
  #bytes: Uint8Array;
  #offsets: Int32Array;
  #length = 0;
  /** Open addressing with linear probing: hash and id + 1 side by side; 0 is a free slot. */
  #slots: Int32Array;
  #mask: number;
  #filled = 0;

  /** @param byteCapacity,capacity what will probably come; more is taken as well */
  constructor(capacity: number, byteCapacity: number) {
    this.#bytes = new Uint8Array(Math.max(byteCapacity, 64));
    this.#offsets = new Int32Array(Math.max(capacity, 16) + 1);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(capacity, 16) * 2));
    this.#slots = new Int32Array(slots * 2);
    this.#mask = slots - 1;
  }

  /** How many strings were added. */
  get length(): number {
    return this.#length;
  }

  /** Adds a string, not yet to be found. @returns its number */
  add(source: Uint8Array, start: number, end: number): number {
    const bytes = this.room(end - start);
    for (let from = start, to = this.end; from < end; from++, to++) bytes[to] = source[from]!;
    return this.append(end - start);
  }

  /** Where the next string goes: it may be written there, `length` bytes at most, before {@link append}. */
  room(length: number): Uint8Array {
    const needed = this.end + length;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, needed);
    return this.#bytes;
  }

  /** Offset of the next string in what {@link room} gives. */
  get end(): number {
    return this.#offsets[this.#length]!;
  }

  /** Adds the `length` bytes that were written into {@link room}. @returns their number */
  append(length: number): number {
    const id = this.#length++;
    if (id + 1 >= this.#offsets.length) {
      const larger = new Int32Array(this.#offsets.length * 2);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[id + 1] = this.#offsets[id]! + length;
    return id;
  }

  /** Lets {@link find} find a string. @returns the number of an equal string that it finds already, or -1 */
  index(id: number): number {
    if ((this.#filled + 1) * 2 > this.#mask) this.#rehash();
    const bytes = this.#bytes;
    const start = this.#offsets[id]!;
    const end = this.#offsets[id + 1]!;
    const hash = hashBytes(bytes, start, end);
    let slot = spread(hash) & this.#mask;
    for (let entry = this.#slots[slot * 2 + 1]!; entry !== 0; entry = this.#slots[slot * 2 + 1]!) {
      if (this.#slots[slot * 2] === hash && this.equals(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & this.#mask;
    }
    this.#slots[slot * 2] = hash;
    this.#slots[slot * 2 + 1] = id + 1;
    this.#filled++;
    return -1;
  }

  /** The number of a string, or -1. */
  find(source: Uint8Array, start: number, end: number): number {
    return this.findHashed(source, start, end, hashBytes(source, start, end));
  }

  /** {@link find} for a string whose {@link hashBytes} is known. */
  findHashed(source: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    let slot = spread(hash) & mask;
    for (let entry = slots[slot * 2 + 1]!; entry !== 0; entry = slots[slot * 2 + 1]!) {
      if (slots[slot * 2] === hash && this.equals(entry - 1, source, start, end)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    return -1;
  }

  byteLength(id: number): number {
    return this.#offsets[id + 1]! - this.#offsets[id]!;
  }

  /** The bytes of a string: a view that must not be written to, good until the next {@link add}. */
  bytesAt(id: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[id]!, this.#offsets[id + 1]!);
  }

  equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const offset = this.#offsets[id]!;
    if (this.#offsets[id + 1]! - offset !== end - start) return false;
    const bytes = this.#bytes;
    for (let from = start, to = offset; from < end; from++, to++) {
      if (bytes[to] !== source[from]) return false;
    }
    return true;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#slots.length / 2 - 1;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      let slot = spread(old[from]!) & this.#mask;
      while (this.#slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot * 2] = old[from]!;
      this.#slots[slot * 2 + 1] = old[from + 1]!;
    }
  }
}

/** Where the hash of a byte string begins, for loops that hash while they write. */
export const HASH_SEED: number = 0x811c9dc5 | 0;

/** FNV-1a, 32 bits. */
function hashBytes(source: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let position = start; position < end; position++) hash = Math.imul(hash ^ source[position]!, 0x01000193);
  return hash;
}

/** FNV's low bits are weak on short strings; tables take theirs from here. */
function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

function grown(bytes: Uint8Array, needed: number): Uint8Array {
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
