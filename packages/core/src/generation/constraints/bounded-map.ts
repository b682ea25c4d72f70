/** A map that forgets what has not been asked for the longest. */
export class BoundedMap<Key, Value> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value of a key, made where it is not known. */
  get(key: Key, make: () => Value): Value {
    const known = this.#entries.get(key);
    if (known !== undefined || this.#entries.has(key)) {
      this.#entries.delete(key);
      this.#entries.set(key, known as Value);
      return known as Value;
    }
    const value = make();
    if (this.#entries.size >= this.#limit) this.#entries.delete(this.#entries.keys().next().value as Key);
    this.#entries.set(key, value);
    return value;
  }
}
