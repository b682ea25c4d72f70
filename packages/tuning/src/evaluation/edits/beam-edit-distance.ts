/** One step from a hypothesis to a reference, as a number that arrays of bytes hold. */
export const Edit = { None: 0, Keep: 1, Substitute: 2, Insert: 3, Delete: 4 } as const;

export type Edit = (typeof Edit)[keyof typeof Edit];

/** Cells to both sides of the diagonal that are looked at; the diagonal follows the ratio of the lengths. */
const beamWidth = 25;

const unreachable = 1e9;

export interface EditPath {
  readonly distance: number;
  /** From the first words to the last. */
  readonly edits: readonly Edit[];
}

/**
 * The distances of hypotheses from one reference, as Tercom finds them: by a beam along the diagonal, and where several
 * ways are equally short, by keeping or substituting rather than deleting, and deleting rather than inserting.
 */
export class BeamEditDistance {
  readonly #reference: Uint32Array;
  readonly #columns: number;
  #costs: Uint32Array = new Uint32Array();
  #edits: Uint8Array = new Uint8Array();
  /** The words of the rows that are filled, which the next hypothesis may share. */
  #rows: Uint32Array = new Uint32Array();

  /** @param reference numbers of its words */
  constructor(reference: Uint32Array) {
    this.#reference = reference;
    this.#columns = reference.length + 1;
  }

  /** @param hypothesis numbers of its words, of the same length at every call */
  measure(hypothesis: Uint32Array): EditPath {
    const columns = this.#columns;
    const from = this.#sharedRows(hypothesis);
    const ratio = hypothesis.length === 0 ? 1 : this.#reference.length / hypothesis.length;
    const width = beamWidth < ratio / 2 ? Math.ceil(ratio / 2 + beamWidth) : beamWidth;
    for (let row = from + 1; row <= hypothesis.length; row++) {
      const diagonal = Math.floor(row * ratio);
      const first = Math.max(0, diagonal - width);
      const last = row === hypothesis.length ? columns : Math.min(columns, diagonal + width);
      this.#costs.fill(unreachable, row * columns, (row + 1) * columns);
      this.#edits.fill(Edit.None, row * columns, (row + 1) * columns);
      for (let column = first; column < last; column++) this.#fill(hypothesis[row - 1]!, row, column);
    }
    this.#rows = hypothesis;
    return { distance: this.#costs[hypothesis.length * columns + columns - 1]!, edits: this.#trace(hypothesis.length) };
  }

  /** How many rows of the last call hold for this one. */
  #sharedRows(hypothesis: Uint32Array): number {
    const size = (hypothesis.length + 1) * this.#columns;
    if (this.#costs.length !== size) {
      this.#costs = new Uint32Array(size).fill(unreachable);
      this.#edits = new Uint8Array(size);
      for (let column = 0; column < this.#columns; column++) {
        this.#costs[column] = column;
        this.#edits[column] = Edit.Insert;
      }
      return 0;
    }
    let shared = 0;
    // The last row has another beam, and is never shared.
    while (shared < hypothesis.length - 1 && this.#rows[shared] === hypothesis[shared]) shared++;
    return shared;
  }

  #fill(word: number, row: number, column: number): void {
    const columns = this.#columns;
    const cell = row * columns + column;
    let cost = unreachable;
    let edit: Edit = Edit.None;
    if (column > 0) {
      const same = word === this.#reference[column - 1];
      cost = this.#costs[cell - columns - 1]! + (same ? 0 : 1);
      edit = same ? Edit.Keep : Edit.Substitute;
    }
    const deletion = this.#costs[cell - columns]! + 1;
    if (deletion < cost) [cost, edit] = [deletion, Edit.Delete];
    const insertion = column > 0 ? this.#costs[cell - 1]! + 1 : unreachable;
    if (insertion < cost) [cost, edit] = [insertion, Edit.Insert];
    if (cost >= unreachable) return;
    this.#costs[cell] = cost;
    this.#edits[cell] = edit;
  }

  #trace(rows: number): Edit[] {
    const edits: Edit[] = [];
    let [row, column] = [rows, this.#columns - 1];
    while (row > 0 || column > 0) {
      const edit = this.#edits[row * this.#columns + column] as Edit;
      if (edit === Edit.None) throw new Error("The beam of the edit distance lost its path");
      edits.push(edit);
      if (edit !== Edit.Insert) row--;
      if (edit !== Edit.Delete) column--;
    }
    return edits.reverse();
  }
}
