import { createHash } from "node:crypto";
import { BayLingError } from "@bayling/core";
import type { Dialogue } from "../dialogues/dialogue.ts";

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
  for (const [field, share] of Object.entries({ validation, test })) {
    if (share >= 0 && share < 1 && validation + test < 1) continue;
    throw new BayLingError("argument-invalid", {
      field,
      problem: "this share of the sources cannot be held out",
      expected: "numbers from 0 that are below 1 together",
      received: String(share),
    });
  }
}

/** The same for sentences that differ in case, width, punctuation or white space only: they must not be parted. */
export function normalizeForSplit(text: string): string {
  const words = text
    .normalize("NFKC")
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return words === null ? text.trim() : words.join(" ");
}

/**
 * Where the dialogues about a text go, by a hash of the text alone: whatever else comes into the set, no row moves, and all
 * dialogues of a source are in one split. Test comes first on the scale, training last, so that a larger share takes from
 * training only.
 */
export function splitOf(source: string, { validation, test }: SplitShares): SplitName {
  const digest = createHash("sha256")
    .update(`bayling split\n${normalizeForSplit(source)}`)
    .digest();
  const position = digest.readUIntBE(0, 6) / 2 ** 48;
  if (position < test) return "test";
  return position < test + validation ? "validation" : "train";
}

/**
 * The split of a dialogue; undefined for one that would teach what is held out. A pair gives dialogues in both directions,
 * so a translation that is the source of a held-out dialogue must not stand in a training row either.
 */
export function splitOfDialogue({ source, turns }: Dialogue, shares: SplitShares): SplitName | undefined {
  const split = splitOf(source, shares);
  if (split !== "train") return split;
  const leaks = turns.some(
    ({ reply, derivation }) => derivation.kind !== "imported" && splitOf(reply, shares) !== "train",
  );
  return leaks ? undefined : "train";
}
