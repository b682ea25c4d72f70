import { invalidArgument } from "../../../check-argument.ts";
import { CharacterConstraint } from "../characters/character-constraint.ts";
import type { Constraint } from "../constraint.ts";
import { parseGbnf } from "./gbnf-parser.ts";
import { compileGrammar } from "./grammar.ts";
import { PushdownAutomaton } from "./pushdown-automaton.ts";

/**
 * Makes the whole text follow a grammar in GBNF, the notation of llama.cpp.
 * @throws BayLingError `argument-invalid`; `grammar-invalid` with line and column, or with the rule that begins with itself
 */
export function matchGrammar(gbnf: string): Constraint<number> {
  if (typeof gbnf !== "string") throw invalidArgument("gbnf", "a grammar as text", gbnf);
  const productions = compileGrammar(parseGbnf(gbnf), "grammar");
  return new CharacterConstraint("grammar", new PushdownAutomaton(productions, "grammar"));
}
