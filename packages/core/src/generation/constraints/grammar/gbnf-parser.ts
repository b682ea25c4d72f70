import { allCharacters, type CharacterSet, characterSet, complementOf } from "../characters/character-set.ts";
import { characters, choice, type Expression, literal, repeat, rule, sequence } from "./expression.ts";
import type { Grammar } from "./grammar.ts";
import { GrammarReader } from "./grammar-reader.ts";

const ruleName = /[A-Za-z0-9_-]/;
const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "[": "[",
  "]": "]",
};

/**
 * Reads GBNF, as llama.cpp documents it: rules `name ::= …`, literals, classes of characters, `.`, groups, alternatives,
 * repetitions `? * + {m} {m,} {m,n}` and comments. A text follows the rule `root`.
 * @throws BayLingError `grammar-invalid` with line and column
 */
export function parseGbnf(text: string): Grammar {
  return new GbnfParser(text).parse();
}

class GbnfParser {
  readonly #reader: GrammarReader;
  readonly #rules = new Map<string, Expression>();
  /** Where each rule is first referred to. */
  readonly #references = new Map<string, number>();

  constructor(text: string) {
    this.#reader = new GrammarReader("grammar", text);
  }

  parse(): Grammar {
    const reader = this.#reader;
    for (this.#skip(true); !reader.isDone; this.#skip(true)) {
      const from = reader.at;
      const name = this.#name("a rule");
      this.#skip(false);
      if (!reader.take("::=")) throw reader.error(`the rule ${name} has no ::=`, "::=");
      this.#skip(true);
      if (this.#rules.has(name)) throw reader.error(`the rule ${name} is there twice`, undefined, from);
      this.#rules.set(name, this.#choice(false));
      if (!reader.isDone && !/[\r\n]/.test(reader.peek()!))
        throw reader.error(`the rule ${name} goes on with what is none of it`);
    }
    for (const [name, at] of this.#references) {
      if (!this.#rules.has(name)) throw reader.error(`the rule ${name} is not there`, `a line ${name} ::= …`, at);
    }
    if (!this.#rules.has("root")) throw reader.error("there is no rule root", "a line root ::= …", 0);
    return { rules: this.#rules, root: "root" };
  }

  /** Takes white space and comments, and with `lines` the ends of lines. */
  #skip(lines: boolean): void {
    const reader = this.#reader;
    for (;;) {
      reader.takeWhile(lines ? /[ \t\r\n\ufeff]/ : /[ \t]/);
      if (reader.peek() !== "#") return;
      reader.takeWhile(/[^\r\n]/);
    }
  }

  #name(what: string): string {
    const name = this.#reader.takeWhile(ruleName);
    if (name === "") throw this.#reader.error(`${what} has no name`, "letters, digits and hyphens");
    return name;
  }

  #choice(nested: boolean): Expression {
    const options = [this.#sequence(nested)];
    while (this.#reader.take("|")) {
      this.#skip(true);
      options.push(this.#sequence(nested));
    }
    return choice(options);
  }

  #sequence(nested: boolean): Expression {
    const reader = this.#reader;
    const parts: Expression[] = [];
    for (;;) {
      const next = reader.peek();
      if (next === undefined || "|)\r\n".includes(next)) return sequence(parts);
      const part = this.#item(next);
      const bounds = this.#bounds();
      parts.push(bounds === undefined ? part : repeat(part, ...bounds));
      this.#skip(nested);
    }
  }

  #item(next: string): Expression {
    const reader = this.#reader;
    if (next === '"') return this.#literal();
    if (reader.take("[")) return characters(this.#class());
    if (reader.take(".")) return characters(allCharacters);
    if (reader.take("(")) {
      this.#skip(true);
      const inner = reader.nested(() => this.#choice(true));
      if (!reader.take(")")) throw reader.error("a group is not closed", ")");
      return inner;
    }
    if (ruleName.test(next)) {
      const from = reader.at;
      const name = this.#name("a rule");
      if (!this.#references.has(name)) this.#references.set(name, from);
      return rule(name);
    }
    if ("*+?{".includes(next)) throw reader.error("there is nothing to repeat", "a literal, class, group or rule");
    if ("<!".includes(next)) throw reader.error("tokens in grammars are not supported", "characters");
    throw reader.error("this begins nothing that grammars have", "a literal, class, group or rule");
  }

  #literal(): Expression {
    const reader = this.#reader;
    const from = reader.at;
    reader.next();
    let text = "";
    while (!reader.take('"')) {
      if (reader.isDone || /[\r\n]/.test(reader.peek()!)) throw reader.error("a literal is not closed", '"', from);
      text += this.#character();
    }
    return literal(text);
  }

  #class(): CharacterSet {
    const reader = this.#reader;
    const from = reader.at - 1;
    const isNegated = reader.take("^");
    const sets: CharacterSet[] = [];
    while (!reader.take("]")) {
      if (reader.isDone) throw reader.error("a class is not closed", "]", from);
      const at = reader.at;
      const first = this.#character().codePointAt(0)!;
      let last = first;
      if (reader.peek() === "-" && reader.peek(1) !== "]" && reader.take("-")) last = this.#character().codePointAt(0)!;
      if (last < first) throw reader.error("a range is in the wrong order", undefined, at);
      sets.push(characterSet([first, last]));
    }
    const set = characterSet(sets.flat());
    return isNegated ? complementOf(set) : set;
  }

  #character(): string {
    const reader = this.#reader;
    const from = reader.at;
    const next = reader.next();
    let codePoint = next.codePointAt(0)!;
    if (next === "\\") {
      const sign = reader.next();
      const digits = { x: 2, u: 4, U: 8 }[sign];
      const escaped = escapes[sign];
      if (digits !== undefined) codePoint = reader.hexadecimal(digits);
      else if (escaped !== undefined) codePoint = escaped.charCodeAt(0);
      else
        throw reader.error("this escape is not known", '\\n \\r \\t \\\\ \\" \\[ \\] \\xHH \\uHHHH \\UHHHHHHHH', from);
    }
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
      throw reader.error("this is no character", "a Unicode character", from);
    }
    return String.fromCodePoint(codePoint);
  }

  #bounds(): [number, number] | undefined {
    const reader = this.#reader;
    if (reader.take("*")) return [0, Infinity];
    if (reader.take("+")) return [1, Infinity];
    if (reader.take("?")) return [0, 1];
    const from = reader.at;
    if (!reader.take("{")) return undefined;
    reader.takeWhile(/[ \t]/);
    const least = reader.peek() === "," ? 0 : reader.count();
    reader.takeWhile(/[ \t]/);
    let most = least;
    if (reader.take(",")) {
      reader.takeWhile(/[ \t]/);
      most = reader.peek() === "}" ? Infinity : reader.count();
      reader.takeWhile(/[ \t]/);
    }
    if (!reader.take("}")) throw reader.error("a repetition is not closed", "}");
    if (most < least) throw reader.error("a repetition has its bounds in the wrong order", undefined, from);
    return [least, most];
  }
}
