/** Characters that were translated, by client, since the server began. */
export class Usage {
  readonly #characters = new Map<string, number>();

  add(client: string, characters: number): void {
    const known = this.#characters.get(client) ?? 0;
    // Without keys, clients are addresses: those that were seen the longest time ago are forgotten.
    this.#characters.delete(client);
    this.#characters.set(client, known + characters);
    if (this.#characters.size > mostClients) this.#characters.delete(this.#characters.keys().next().value!);
  }

  of(client: string): number {
    return this.#characters.get(client) ?? 0;
  }
}

const mostClients = 10_000;
