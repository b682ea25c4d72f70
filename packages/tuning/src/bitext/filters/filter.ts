import type { SentencePair } from "../sentence-pair.ts";
import type { FoldedPair } from "./folded-text.ts";

/** A reason to leave pairs out. Filters are asked one after the other, and each pair once. */
export interface BitextFilter {
  /** A word in kebab-case, under which the report counts. */
  readonly reason: string;
  /** @returns why the pair is left out, as a clause that tells a person; undefined to keep it */
  reject(pair: SentencePair, folded: FoldedPair): string | undefined;
}
