/** Words ↔ whole numbers from 1 on; 0 stands for no word. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();
  readonly #words: string[] = [""];

  /** @param words in the order of their numbers, from 1 */
  constructor(words: readonly string[] = []) {
    for (const word of words) this.add(word);
  }

  /** How many numbers there are, 0 among them. */
  get size(): number {
    return this.#words.length;
  }

  /** The words, in the order of their numbers, from 1. */
  get words(): readonly string[] {
    return this.#words.slice(1);
  }

  add(word: string): number {
    const known = this.#ids.get(word);
    if (known !== undefined) return known;
    this.#ids.set(word, this.#words.length);
    return this.#words.push(word) - 1;
  }

  /** 0 for a word that is not there. */
  id(word: string): number {
    return this.#ids.get(word) ?? 0;
  }

  word(id: number): string {
    return this.#words[id] ?? "";
  }
}
