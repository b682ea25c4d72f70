import { BayLingError } from "../errors.ts";
import type { Version } from "./version.ts";

/** All versions of a translation: undo leads to the one before, redo back, and what is made after an undo is a branch. */
export class VersionTree {
  readonly #versions: Version[] = [];
  /** The child that was last seen, by version. */
  readonly #ways = new Map<number | undefined, number>();
  #current: number | undefined;

  /** In the order in which they were made. */
  get all(): readonly Version[] {
    return this.#versions;
  }

  /** Undefined before the first one, and when it has been undone. */
  get current(): Version | undefined {
    return this.#current === undefined ? undefined : this.#versions[this.#current];
  }

  get canUndo(): boolean {
    return this.#current !== undefined;
  }

  get canRedo(): boolean {
    return this.#ways.has(this.#current);
  }

  /** From the first to the current one. */
  get path(): readonly Version[] {
    return this.pathTo(this.current);
  }

  /** From the first to a version; empty for the beginning. */
  pathTo(end: Version | undefined): readonly Version[] {
    const path: Version[] = [];
    for (let version = end; version !== undefined; version = this.parentOf(version)) path.unshift(version);
    return path;
  }

  parentOf({ parent }: Version): Version | undefined {
    return parent === undefined ? undefined : this.#versions[parent];
  }

  /** The versions that were made from one, or the first ones. */
  childrenOf(id: number | undefined): readonly Version[] {
    return this.#versions.filter(({ parent }) => parent === id);
  }

  /** Adds a version, and goes there. */
  add(made: Omit<Version, "id">): Version {
    const version: Version = { ...made, id: this.#versions.length };
    this.#versions.push(version);
    return this.goTo(version.id);
  }

  /** @returns the version that is current then; undefined for the beginning */
  undo(): Version | undefined {
    const { current } = this;
    if (current === undefined) throw nothingTo("undo");
    this.#current = current.parent;
    return this.current;
  }

  redo(): Version {
    const next = this.#ways.get(this.#current);
    if (next === undefined) throw nothingTo("redo");
    this.#current = next;
    return this.#versions[next]!;
  }

  /** Goes to any version; redo then leads back along its branch. @throws BayLingError `argument-invalid` */
  goTo(id: number): Version {
    const target = Number.isInteger(id) ? this.#versions[id] : undefined;
    if (target === undefined) {
      throw new BayLingError("argument-invalid", {
        field: "id",
        problem: "there is no such version",
        expected: this.#versions.length === 0 ? "none is there yet" : `0 to ${this.#versions.length - 1}`,
        received: String(id),
      });
    }
    for (let version: Version | undefined = target; version !== undefined; version = this.parentOf(version)) {
      this.#ways.set(version.parent, version.id);
    }
    this.#current = id;
    return target;
  }
}

function nothingTo(what: string): BayLingError {
  return new BayLingError("argument-invalid", { problem: `there is nothing to ${what}` });
}
