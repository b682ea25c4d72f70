import {
  type CharacterSet,
  characterSet,
  complementOf,
  hasCharacter,
  intersectionOf,
} from "../characters/character-set.ts";
import { characters, choice, type Expression, literal, nothing, repeat, rule, sequence } from "./expression.ts";

const quote = 0x22;
const backslash = 0x5c;
/** What a string of JSON cannot hold as it is. */
const escaped: CharacterSet = characterSet([0, 0x1f, quote, quote, backslash, backslash]);

/**
 * A character of a set within a string of JSON, in the one way in which `JSON.stringify` writes it: a text then has one
 * spelling, so lengths, patterns and names hold for what is read.
 */
function jsonCharacters(set: CharacterSet): Expression {
  const options: Expression[] = [characters(intersectionOf(set, complementOf(escaped)))];
  for (let codePoint = 0; codePoint <= backslash; codePoint++) {
    if (!hasCharacter(escaped, codePoint) || !hasCharacter(set, codePoint)) continue;
    options.push(literal(JSON.stringify(String.fromCodePoint(codePoint)).slice(1, -1)));
  }
  return choice(options);
}

/** An expression about the characters of a string → one about how JSON writes them. Anchors are gone before. */
export function jsonSpelling(expression: Expression): Expression {
  switch (expression.kind) {
    case "characters":
      return jsonCharacters(expression.set);
    case "sequence":
      return sequence(expression.parts.map(jsonSpelling));
    case "choice":
      return choice(expression.options.map(jsonSpelling));
    case "repeat":
      return repeat(jsonSpelling(expression.part), expression.least, expression.most);
    default:
      return expression;
  }
}

const digit = characters(characterSet([0x30, 0x39]));
const optional = (part: Expression) => repeat(part, 0, 1);
const oneOf = (text: string) => choice(Array.from(text, literal));
/** Digits end somewhere: a model that repeats itself would never stop. What is beyond is not exact in JavaScript anyway. */
const integer = sequence([
  optional(literal("-")),
  choice([literal("0"), sequence([characters(characterSet([0x31, 0x39])), repeat(digit, 0, 15)])]),
]);
const number = sequence([
  integer,
  optional(sequence([literal("."), repeat(digit, 1, 16)])),
  optional(sequence([oneOf("eE"), optional(oneOf("+-")), repeat(digit, 1, 2)])),
]);

/** White space between the parts of JSON: none, a space, or a new line and what it is indented by. */
export const space: Expression = rule("space");
const member = sequence([rule("string"), literal(":"), space, rule("value")]);

/** `open`, items with commas between them, `close`. */
export function listOf(open: string, items: Expression, close: string): Expression {
  return sequence([literal(open), space, items, space, literal(close)]);
}

/** So many items with commas between them. */
export function separated(item: Expression, least: number, most: number): Expression {
  if (most === 0) return nothing;
  const more = repeat(sequence([literal(","), space, item]), Math.max(least - 1, 0), most - 1);
  const some = sequence([item, more]);
  return least === 0 ? optional(some) : some;
}

/** The rules that every grammar of JSON has: any value, and its parts. */
export const jsonRules: ReadonlyMap<string, Expression> = new Map([
  ["space", choice([nothing, literal(" "), sequence([literal("\n"), repeat(oneOf(" \t"), 0, 20)])])],
  ["character", jsonCharacters(characterSet([0, 0x10ffff]))],
  ["string", sequence([literal('"'), repeat(rule("character"), 0, Infinity), literal('"')])],
  ["integer", integer],
  ["number", number],
  ["boolean", choice([literal("true"), literal("false")])],
  ["null", literal("null")],
  ["array", listOf("[", separated(rule("value"), 0, Infinity), "]")],
  ["object", listOf("{", separated(member, 0, Infinity), "}")],
  ["value", choice(["string", "number", "boolean", "null", "array", "object"].map(rule))],
]);

/**
 * The characters of a string of JSON that is none of some names: what leaves the tree of names at any place, or ends
 * within it. Gives the rules that it takes, under names that begin with `prefix`, and the one to begin with.
 */
export function otherNames(
  names: readonly string[],
  prefix: string,
): { rules: [string, Expression][]; root: Expression } {
  const rules: [string, Expression][] = [];
  const add = (rests: readonly (readonly string[])[]): Expression => {
    const name = `${prefix}-${rules.length}`;
    const slot: [string, Expression] = [name, nothing];
    rules.push(slot);
    const byFirst = new Map<number, (readonly string[])[]>();
    for (const [first, ...rest] of rests) {
      if (first === undefined) continue;
      const codePoint = first.codePointAt(0)!;
      byFirst.set(codePoint, [...(byFirst.get(codePoint) ?? []), rest]);
    }
    const known = characterSet([...byFirst.keys()].flatMap((codePoint) => [codePoint, codePoint]));
    const options = [sequence([jsonCharacters(complementOf(known)), repeat(rule("character"), 0, Infinity)])];
    if (rests.every((rest) => rest.length > 0)) options.push(nothing);
    for (const [codePoint, below] of byFirst) {
      options.push(sequence([jsonCharacters([codePoint, codePoint]), add(below)]));
    }
    slot[1] = choice(options);
    return rule(name);
  };
  const root = add(names.map((name) => Array.from(name)));
  return { rules, root };
}
