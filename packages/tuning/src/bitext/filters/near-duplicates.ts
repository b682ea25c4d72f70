import { hash32 } from "../hashes.ts";
import type { BitextFilter } from "./filter.ts";
import { bands, createSketcher, MinHashIndex } from "./min-hash-index.ts";

export interface NearDuplicatesOptions {
  /** The similarity from which pairs are near duplicates: mean Jaccard index of the two sides' shingles. Default 0.8. */
  readonly minimum?: number | undefined;
  /**
   * Whether pairs stay that have one side in common, but for case and marks, and differ in the other: another reference
   * of a source. Default: yes.
   */
  readonly keepReferences?: boolean | undefined;
  /** Among how many pairs, the last that were kept, one is looked for. Takes 54 bytes each. Default 2²⁰. */
  readonly window?: number | undefined;
}

/**
 * Pairs much like one that came before, by MinHash (Broder 1997) over character shingles of both sides, of letter case
 * and marks regardless. Candidates come from a locality-sensitive index, so that of pairs at the limit some are missed;
 * the similarity is an estimate with a standard error of 0.05. Of near duplicates the first one stays.
 */
export function nearDuplicatesFilter(options: NearDuplicatesOptions = {}): BitextFilter {
  const { minimum = 0.8, keepReferences = true, window = 2 ** 20 } = options;
  const index = new MinHashIndex(window);
  const sketch = createSketcher();
  const keys = new Uint32Array(bands);
  return {
    reason: "near-duplicate",
    reject(_, { source, target }) {
      const texts = sketch(source, target, keys);
      const [sourceKey, targetKey] = [hash32(source, 1), hash32(target, 2)];
      const isDuplicate = index.some(keys, (row) => {
        const sameSource = index.sourceKey(row) === sourceKey;
        const sameTarget = index.targetKey(row) === targetKey;
        if (sameSource && sameTarget) return true;
        if (keepReferences && sameSource !== sameTarget) return false;
        return index.similarity(row, texts) >= minimum;
      });
      if (isDuplicate) return "one much like it came before";
      index.add(keys, texts, sourceKey, targetKey);
      return undefined;
    },
  };
}
