import type { CharacterSet } from "../characters/character-set.ts";

/** What regular expressions and grammars are read into. */
export type Expression =
  | { readonly kind: "characters"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  | { readonly kind: "repeat"; readonly part: Expression; readonly least: number; readonly most: number }
  /** Of grammars only. */
  | { readonly kind: "rule"; readonly name: string }
  /** The beginning and the end of the text; of regular expressions only. */
  | { readonly kind: "start" }
  | { readonly kind: "end" };

export const nothing: Expression = { kind: "sequence", parts: [] };

export function characters(set: CharacterSet): Expression {
  return { kind: "characters", set };
}

export function literal(text: string): Expression {
  return sequence(Array.from(text, (character) => characters([character.codePointAt(0)!, character.codePointAt(0)!])));
}

// Lists, not arguments: there may be more of them than a call can take.

export function sequence(parts: readonly Expression[]): Expression {
  return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
}

export function choice(options: readonly Expression[]): Expression {
  return options.length === 1 ? options[0]! : { kind: "choice", options };
}

export function repeat(part: Expression, least: number, most: number): Expression {
  return { kind: "repeat", part, least, most };
}

export function rule(name: string): Expression {
  return { kind: "rule", name };
}
