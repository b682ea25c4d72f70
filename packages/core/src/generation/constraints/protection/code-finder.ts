/** Finds code in backticks: a run of them up to the next run of the same length, as in CommonMark. */
export class CodeFinder {
  readonly #text: string;
  /** By length of run: where such runs begin, the next one last. */
  readonly #runs = new Map<number, number[]>();

  constructor(text: string) {
    this.#text = text;
    for (const { 0: run, index } of [...text.matchAll(/`+/g)].reverse()) {
      const same = this.#runs.get(run.length);
      if (same === undefined) this.#runs.set(run.length, [index]);
      else same.push(index);
    }
  }

  /** Where the code that begins here ends. Ask from left to right. */
  endOf(at: number): number | undefined {
    // Within a run nothing begins: what remains of it has another length.
    if (at > 0 && this.#text[at - 1] === "`") return undefined;
    let end = at;
    while (this.#text[end] === "`") end++;
    const same = this.#runs.get(end - at) ?? [];
    while (same.length > 0 && same.at(-1)! <= at) same.pop();
    const close = same.at(-1);
    return close === undefined ? undefined : close + (end - at);
  }
}
