import { BayLingError } from "../../errors.ts";

/** Names, and of regular expressions what configurations use: any character, runs, digits, alternatives, ends. */
const known = /^\^?(?:[\w-]|\\[.d]\+?|\.[*+]?|\[0-9\]\+?|\((?:\?:)?[\w.|-]+\))+\$?$/;

/** A name has a few dozen characters, and time grows with this power of them. */
const mostRuns = 3;

/**
 * Whether a pattern of `rank_pattern` or `alpha_pattern` means a module, as PEFT decides it: the regular expression
 * fits the whole name, or what follows a point in it.
 *
 * Hazard: the pattern is a stranger's, and some regular expressions never come to an end.
 * @throws BayLingError `adapter-not-supported`
 */
export function moduleMatcher(pattern: string, field: string, source: string): (module: string) => boolean {
  const runs = pattern.match(/[*+]/g)?.length ?? 0;
  if (pattern.length <= 500 && runs <= mostRuns && known.test(pattern)) {
    const expression = new RegExp(`^(?:.*\\.)?(?:${pattern})$`);
    return (module) => module.length <= 500 && expression.test(module);
  }
  throw new BayLingError("adapter-not-supported", {
    source,
    field,
    problem: "this SDK does not know the pattern",
    expected: `the name of a module; of regular expressions at most ${mostRuns} of .* .+ \\d+ [0-9]+, and (a|b)`,
    received: pattern,
  });
}
