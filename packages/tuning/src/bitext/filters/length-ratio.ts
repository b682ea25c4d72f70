import type { BitextFilter } from "./filter.ts";
import { measureLength } from "./text-length.ts";

export interface LengthRatioOptions {
  /** How many times as long as the other one a text may be. Default 2.2. */
  readonly maximum?: number | undefined;
}

/** Added to both lengths: of short texts one may well be three times as long as the other. */
const slack = 10;

/** Lengths are in letters of an alphabet, whatever the scripts. */
export function lengthRatioFilter({ maximum = 2.2 }: LengthRatioOptions = {}): BitextFilter {
  return {
    reason: "length-ratio",
    reject({ source, target }) {
      const ratio = (measureLength(target) + slack) / (measureLength(source) + slack);
      if (ratio <= maximum && ratio >= 1 / maximum) return undefined;
      const times = (ratio > 1 ? ratio : 1 / ratio).toFixed(1);
      return `the ${ratio > 1 ? "target" : "source"} is ${times} times as long`;
    },
  };
}
