import type { BitextFilter } from "./filter.ts";

/** A phrase that comes this often in a row, in so many words or ideographs all in all, is a loop. */
const leastRounds = 4;
const leastUnits = 6;
/** A phrase of so many is one when it comes twice. */
const longPhrase = 4;
const longestPhrase = 30;

/** Texts that say one thing over and over, while the other one does not. */
export function repetitionFilter(): BitextFilter {
  return {
    reason: "repetition",
    reject(_, { units: [from, to] }) {
      const [source, target] = [findLoop(from), findLoop(to)];
      if ((source === undefined) === (target === undefined)) return undefined;
      const [side, loop] = source === undefined ? ["target", target!] : ["source", source];
      return `the ${side} repeats "${loop.slice(0, 60)}"`;
    },
  };
}

function findLoop(units: readonly string[]): string | undefined {
  for (let period = 1; period <= Math.min(longestPhrase, units.length >> 1); period++) {
    const rounds = period >= longPhrase ? 2 : leastRounds;
    let matching = 0;
    for (let index = period; index < units.length; index++) {
      matching = units[index] === units[index - period] ? matching + 1 : 0;
      const length = matching + period;
      if (length >= rounds * period && length >= leastUnits)
        return units.slice(index - period + 1, index + 1).join(" ");
    }
  }
  return undefined;
}
