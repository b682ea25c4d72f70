/** A map that forgets what has not been asked for the longest. */
export class BoundedMap<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of a key, made where it is not known. */
  get(key: Key, make: () => Value): Value {
    const value = this.#entries.has(key) ? (this.#entries.get(key) as Value) : make();
    this.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    // Deleted first, so that it comes to stand last.
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) this.#entries.delete(this.#entries.keys().next().value as Key);
    this.#entries.set(key, value);
  }
}
