/** How often each n-gram of one order occurs in several sequences, `[sequences][distinct n-grams]`. */
export type NgramCounts = readonly Uint32Array[];

/**
 * Counts n-grams of every order from 1 to `order` in sequences that are compared with each other.
 * @returns for each order the counts, whose columns mean the same n-gram in all sequences
 */
export function countNgrams(sequences: readonly (readonly string[])[], order: number): NgramCounts[] {
  const numbers = new Map<string, number>();
  const units = sequences.map((sequence) =>
    Uint32Array.from(sequence, (unit) => {
      const known = numbers.get(unit);
      if (known !== undefined) return known;
      numbers.set(unit, numbers.size);
      return numbers.size - 1;
    }),
  );
  const counts = [tally(units, numbers.size)];
  // An n-gram is the one without its last unit, by its number, and that unit: no strings are joined.
  let shorter = units;
  for (let length = 2; length <= order; length++) {
    const found = new Map<number, number>();
    shorter = shorter.map((prefixes, index) => {
      const sequence = units[index]!;
      const ids = new Uint32Array(Math.max(0, prefixes.length - 1));
      for (let start = 0; start < ids.length; start++) {
        const key = prefixes[start]! * numbers.size + sequence[start + length - 1]!;
        let id = found.get(key);
        if (id === undefined) {
          id = found.size;
          found.set(key, id);
        }
        ids[start] = id;
      }
      return ids;
    });
    counts.push(tally(shorter, found.size));
  }
  return counts;
}

function tally(sequences: readonly Uint32Array[], distinct: number): Uint32Array[] {
  return sequences.map((ids) => {
    const counts = new Uint32Array(distinct);
    for (const id of ids) counts[id]!++;
    return counts;
  });
}

/** N-grams that two sequences share, each as often as it occurs in both. */
export function countMatches(hypothesis: Uint32Array, reference: Uint32Array): number {
  let matches = 0;
  for (let id = 0; id < hypothesis.length; id++) matches += Math.min(hypothesis[id]!, reference[id]!);
  return matches;
}
