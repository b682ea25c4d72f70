import { createHash } from "node:crypto";
import { BayLingError } from "@bayling/core";
import { loadConverter } from "../bitext/chinese-script.ts";
import type { Dialogue } from "../dialogues/dialogue.ts";
import { knownNames } from "../dialogues/names.ts";

export type SplitName = "train" | "validation" | "test";

export const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** What share of the sources goes where; the rest is for training. */
export interface SplitShares {
  /** From 0 to below 1. */
  readonly validation: number;
  readonly test: number;
}

/** @throws BayLingError `argument-invalid` */
export function checkShares({ validation, test }: SplitShares): void {
  const shares = { validation, test, "validation and test": validation + test };
  for (const [field, share] of Object.entries(shares)) {
    if (share >= 0 && share < 1) continue;
    throw new BayLingError("argument-invalid", {
      field,
      problem: "this share of the sources cannot be held out",
      expected: "numbers from 0, below 1 together",
      received: String(share),
    });
  }
}

/** Names stand for their kind. In English and German they may have an ending: "Tom's", "Toms". */
const nameKinds: ReadonlyMap<string, string> = new Map(
  knownNames.flatMap(({ kind, en, de, zh }) =>
    [en, de, zh].flatMap((name) => [name, `${name}s`].map((form) => [form.toLowerCase(), kind] as const)),
  ),
);
const chineseNames = new RegExp(knownNames.map(({ zh }) => zh).join("|"), "gu");

/**
 * Chooses what is for training, for validation and for tests, by a hash of the source alone: whatever else comes into the
 * set, no row moves. Sentences that say nearly the same are not parted: those that differ in case, width, punctuation, white
 * space, Chinese script, in numbers, or in names that the generator exchanges. Test comes first on the scale, training last,
 * so that a larger share takes from training only.
 */
export class Splitter {
  readonly shares: SplitShares;
  readonly #toSimplified: (text: string) => string;

  /** @internal See {@link createSplitter}. */
  constructor(shares: SplitShares, toSimplified: (text: string) => string) {
    this.shares = shares;
    this.#toSimplified = toSimplified;
  }

  /** The same for sentences that are not parted. */
  keyOf(text: string): string {
    const wide = text.normalize("NFKC").toLowerCase();
    const plain = /\p{Script=Han}/u.test(wide)
      ? this.#toSimplified(wide).replace(chineseNames, (name) => ` ${nameKinds.get(name)} `)
      : wide;
    const words = plain.match(/\p{N}+|[\p{L}\p{M}]+/gu);
    if (words === null) return text.trim();
    return words.map((word) => (/\p{N}/u.test(word) ? "0" : (nameKinds.get(word) ?? word))).join(" ");
  }

  splitOf(source: string): SplitName {
    const digest = createHash("sha256")
      .update(`bayling split\n${this.keyOf(source)}`)
      .digest();
    const position = digest.readUIntBE(0, 6) / 2 ** 48;
    if (position < this.shares.test) return "test";
    return position < this.shares.test + this.shares.validation ? "validation" : "train";
  }

  /**
   * The split of a dialogue; undefined for one that would teach what is held out. A pair gives dialogues in both
   * directions, so a translation that is the source of a held-out dialogue must not stand in a training row either.
   */
  splitOfDialogue({ source, turns }: Dialogue): SplitName | undefined {
    const split = this.splitOf(source);
    if (split !== "train") return split;
    const leaks = turns.some(
      ({ reply, derivation }) => derivation.kind !== "imported" && this.splitOf(reply) !== "train",
    );
    return leaks ? undefined : "train";
  }
}

/** @throws BayLingError `argument-invalid` */
export async function createSplitter(shares: SplitShares): Promise<Splitter> {
  checkShares(shares);
  return new Splitter(shares, await loadConverter("zh-Hans"));
}
