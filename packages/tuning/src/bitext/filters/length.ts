import type { BitextFilter } from "./filter.ts";
import { measureLength } from "./text-length.ts";

export interface LengthOptions {
  /** In letters and digits, each ideograph as `measureLength` has it. Default 1: a text of marks alone is none. */
  readonly minimum?: number | undefined;
  /** Default 1000. */
  readonly maximum?: number | undefined;
}

export function lengthFilter({ minimum = 1, maximum = 1000 }: LengthOptions = {}): BitextFilter {
  return {
    reason: "length",
    reject({ source, target }) {
      for (const [side, text] of [
        ["source", source],
        ["target", target],
      ] as const) {
        const length = measureLength(text);
        if (length < minimum) return length === 0 ? `the ${side} has no letters` : `the ${side} is too short`;
        if (length > maximum) return `the ${side} is too long`;
      }
      return undefined;
    },
  };
}
