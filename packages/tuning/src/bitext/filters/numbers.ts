import { faithfulnessFailure } from "./faithfulness.ts";
import type { BitextFilter } from "./filter.ts";
import { type Numeral, readNumerals } from "./numerals.ts";

/** Times of day are told in twelve hours and in twenty-four, and "half past ten" is 十点半 and "halb elf". */
const timeOfDay = /\d:\d\d|\d\s?[ap]\.?m\b|o['’]clock|\b(?:half|quarter|past|noon|midnight)\b|\bUhr\b|[点點時时刻]/iu;

/** Below it, numbers are told in words, or not at all; and in times of day, hours are. */
const least = 13;
const leastInTimes = 25;

/**
 * Numbers that differ: where core's check says so; and where it cannot tell, because there are words for numbers too,
 * where both texts have a number that the other one has not. Chinese numerals are read, and so are digits of full width.
 */
export function numbersFilter(): BitextFilter {
  return {
    reason: "numbers",
    reject(pair) {
      const { source, target } = pair;
      const [from, to] = [readNumerals(source), readNumerals(target)];
      if (from.length === 0 && to.length === 0) return undefined;
      const isTime = timeOfDay.test(source) || timeOfDay.test(target);
      const lost = without(from, to, isTime ? leastInTimes : least);
      const added = without(to, from, isTime ? leastInTimes : least);
      if (lost.length === 0 && added.length === 0) return undefined;
      if (lost.length > 0 && added.length > 0) return `${lost[0]!.text} has become ${added[0]!.text}`;
      if (isTime) return undefined;
      // Whoever writes Chinese or Japanese writes numbers so that they are read here.
      if (lost.some(({ isDigits }) => isDigits) && writesNumerals(pair.targetLanguage))
        return `${lost[0]!.text} is missing`;
      if (added.some(({ isDigits }) => isDigits) && writesNumerals(pair.sourceLanguage))
        return `${added[0]!.text} is added`;
      return faithfulnessFailure(pair, "numbers");
    },
  };
}

function writesNumerals(language: string): boolean {
  return language.startsWith("zh") || language.startsWith("ja");
}

/** The large numbers of the first list that can be none of the second. */
function without(numerals: readonly Numeral[], others: readonly Numeral[], limit: number): readonly Numeral[] {
  const known = new Set(others.flatMap(({ readings }) => readings));
  return numerals.filter(({ readings }) => readings[0]! >= limit && !readings.some((reading) => known.has(reading)));
}
