import type { GlossaryEntry } from "@bayling/core/interaction";
import { Problem } from "../problem.ts";

/** Terms of one language and how another has them. Languages are base ones: `en`, not `en-GB`. */
export interface Dictionary {
  readonly from: string;
  readonly to: string;
  readonly entries: readonly GlossaryEntry[];
}

export interface Glossary {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly created: Date;
  /** One for each pair of languages. */
  readonly dictionaries: readonly Dictionary[];
}

/** Glossaries of one owner, and entries of all of them. */
const most = { glossaries: 1000, entries: 100_000 };

/** Glossaries in memory, each its owner's: for others it is not there. They are gone when the server ends. */
export class Glossaries {
  readonly #glossaries = new Map<string, Glossary>();

  /** @throws Problem 400 for more than one owner may have */
  create(owner: string, name: string, dictionaries: readonly Dictionary[]): Glossary {
    const made: Glossary = { id: crypto.randomUUID(), owner, name, created: new Date(), dictionaries };
    return this.#keep(made);
  }

  list(owner: string): readonly Glossary[] {
    return [...this.#glossaries.values()].filter((glossary) => glossary.owner === owner);
  }

  /** @throws Problem 404 */
  get(owner: string, id: string): Glossary {
    const found = this.#glossaries.get(id);
    if (found?.owner === owner) return found;
    throw new Problem({ status: 404, code: "glossary-not-found", message: "Glossary not found", param: "glossary_id" });
  }

  /** Another name, other dictionaries, or both. @throws Problem 404, 400 */
  change(owner: string, id: string, change: Partial<Pick<Glossary, "name" | "dictionaries">>): Glossary {
    return this.#keep({ ...this.get(owner, id), ...change });
  }

  /** @throws Problem 404 */
  delete(owner: string, id: string): void {
    this.#glossaries.delete(this.get(owner, id).id);
  }

  #keep(glossary: Glossary): Glossary {
    const others = this.list(glossary.owner).filter(({ id }) => id !== glossary.id);
    const entries = [...others, glossary]
      .flatMap(({ dictionaries }) => dictionaries)
      .reduce((count, dictionary) => count + dictionary.entries.length, 0);
    if (others.length >= most.glossaries || entries > most.entries) {
      const message = `Quota exceeded: there may be ${most.glossaries} glossaries with ${most.entries} entries together.`;
      throw new Problem({ status: 400, code: "glossary-quota", message });
    }
    this.#glossaries.set(glossary.id, glossary);
    return glossary;
  }
}

/** The dictionary for a pair of languages. */
export function dictionaryFor({ dictionaries }: Glossary, from: string, to: string): Dictionary | undefined {
  return dictionaries.find((dictionary) => dictionary.from === from && dictionary.to === to);
}
