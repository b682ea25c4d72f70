import { invalidArgument } from "../../../check-argument.ts";
import { BayLingError } from "../../../errors.ts";
import { CharacterConstraint } from "../characters/character-constraint.ts";
import type { Constraint } from "../constraint.ts";
import { unfold } from "./nondeterministic-automaton.ts";
import { parseRegularExpression } from "./regular-expression-parser.ts";
import { SubsetAutomaton } from "./subset-automaton.ts";

/**
 * Makes the whole text match a regular expression, from its first byte to its last, as if it stood between `^(?:` and
 * `)$`. Read as with the flag `u`; the flags `i` and `s` mean what they do in JavaScript. Assertions about what stands
 * around, back-references and modifiers are not supported.
 * @throws BayLingError `argument-invalid`; `grammar-invalid` with line and column
 */
export function matchRegularExpression(pattern: string | RegExp): Constraint<number> {
  const isExpression = Object.prototype.toString.call(pattern) === "[object RegExp]";
  if (typeof pattern !== "string" && !isExpression) {
    throw invalidArgument("pattern", "a text or a regular expression", pattern);
  }
  const { source, flags } = typeof pattern === "string" ? { source: pattern, flags: "" } : pattern;
  for (const [flag, reason] of [
    ...([
      ["m", "lines of a text are not told apart"],
      ["v", "operations on sets are not supported"],
    ] as const),
  ]) {
    if (!flags.includes(flag)) continue;
    throw new BayLingError("grammar-invalid", {
      source: "regular expression",
      field: `flag ${flag}`,
      problem: reason,
      remedy: "Leave the flag away",
    });
  }
  const expression = parseRegularExpression(source, { ignoreCase: flags.includes("i"), dotAll: flags.includes("s") });
  return new CharacterConstraint(`match /${source}/${flags}`, new SubsetAutomaton(unfold(expression)));
}
