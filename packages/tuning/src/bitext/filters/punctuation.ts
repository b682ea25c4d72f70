import type { BitextFilter } from "./filter.ts";

const marks = [
  ["a question mark", /[?？؟]/],
  ["brackets", /[()（）［］[\]]/],
] as const;
const ending = /[.。!！?？؟…]["'”“」』»)）]*$/u;

/** A question mark or brackets in one of two finished sentences only. */
export function punctuationFilter(): BitextFilter {
  return {
    reason: "punctuation",
    reject({ source, target }) {
      const isFinished = ending.test(source) && ending.test(target);
      for (const [name, mark] of marks) {
        const [from, to] = [mark.test(source), mark.test(target)];
        if (from !== to && isFinished) return `only the ${from ? "source" : "target"} has ${name}`;
      }
      return undefined;
    },
  };
}
