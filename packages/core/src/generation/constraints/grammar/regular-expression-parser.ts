import { caseClosure } from "../characters/case-variants.ts";
import {
  allCharacters,
  type CharacterSet,
  characterSet,
  charactersMatching,
  complementOf,
  noCharacters,
} from "../characters/character-set.ts";
import { characters, choice, type Expression, repeat, sequence } from "./expression.ts";
import { GrammarReader } from "./grammar-reader.ts";

export interface RegularExpressionFlags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
}

const controls: Readonly<Record<string, string>> = { t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };
const lineEnds: CharacterSet = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];

/**
 * Reads what regular expressions of JavaScript with the flag `u` have in common with those of others. What is not
 * supported (assertions, back-references, word boundaries, modifiers) is refused by name.
 * @throws BayLingError `grammar-invalid`
 */
export function parseRegularExpression(pattern: string, flags: RegularExpressionFlags): Expression {
  const parser = new RegularExpressionParser(pattern, flags);
  return parser.parse();
}

class RegularExpressionParser {
  readonly #reader: GrammarReader;
  readonly #flags: RegularExpressionFlags;

  constructor(pattern: string, flags: RegularExpressionFlags) {
    this.#reader = new GrammarReader("regular expression", pattern);
    this.#flags = flags;
  }

  parse(): Expression {
    const whole = this.#choice();
    if (!this.#reader.isDone) throw this.#reader.error("a group is closed that was not opened", "no )");
    return whole;
  }

  #choice(): Expression {
    const options = [this.#sequence()];
    while (this.#reader.take("|")) options.push(this.#sequence());
    return choice(options);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (;;) {
      const next = this.#reader.peek();
      if (next === undefined || next === "|" || next === ")") return sequence(parts);
      if (this.#reader.take("^")) parts.push({ kind: "start" });
      else if (this.#reader.take("$")) parts.push({ kind: "end" });
      else parts.push(this.#repeated(this.#atom()));
    }
  }

  #repeated(part: Expression): Expression {
    const bounds = this.#bounds();
    if (bounds === undefined) return part;
    this.#reader.take("?"); // lazy or greedy, it matches the same texts
    return repeat(part, bounds[0], bounds[1]);
  }

  #bounds(): readonly [number, number] | undefined {
    const reader = this.#reader;
    if (reader.take("*")) return [0, Infinity];
    if (reader.take("+")) return [1, Infinity];
    if (reader.take("?")) return [0, 1];
    const from = reader.at;
    if (!reader.take("{")) return undefined;
    const least = reader.count();
    const most = !reader.take(",") ? least : reader.peek() === "}" ? Infinity : reader.count();
    if (!reader.take("}")) throw reader.error("a repetition is not closed", "}");
    if (most < least) throw reader.error("a repetition has its bounds in the wrong order", undefined, from);
    return [least, most];
  }

  #atom(): Expression {
    const reader = this.#reader;
    const next = reader.peek()!;
    if ("*+?{".includes(next)) throw reader.error("there is nothing to repeat", "a character, class or group");
    if ("}]".includes(next)) throw reader.error("a bracket stands alone", `\\${next} if the character is meant`);
    reader.next();
    if (next === "(") return this.#group();
    if (next === "[") return characters(this.#class());
    if (next === "\\") return characters(this.#folded(this.#escape(false)));
    if (next === ".") return characters(this.#flags.dotAll ? allCharacters : complementOf(lineEnds));
    return characters(this.#folded(this.#single(next.codePointAt(0)!)));
  }

  #group(): Expression {
    const reader = this.#reader;
    const from = reader.at - 1;
    if (reader.take("?")) {
      const refused: readonly (readonly [string, string])[] = [
        ...([
          ["<=", "lookbehind assertions"],
          ["<!", "lookbehind assertions"],
          ["=", "lookahead assertions"],
        ] as const),
        ["!", "lookahead assertions"],
      ];
      for (const [sign, name] of refused) {
        if (reader.take(sign)) throw reader.error(`${name} are not supported`, undefined, from);
      }
      if (reader.take("<")) {
        if (reader.takeWhile(/[\p{ID_Continue}$]/u) === "" || !reader.take(">")) {
          throw reader.error("the name of a group is not right", "(?<name>…)");
        }
      } else if (!reader.take(":")) throw reader.error("modifiers are not supported", "(?:…) or (?<name>…)", from);
    }
    const inner = reader.nested(() => this.#choice());
    if (!reader.take(")")) throw reader.error("a group is not closed", ")");
    return inner;
  }

  #class(): CharacterSet {
    const reader = this.#reader;
    const from = reader.at - 1;
    const isNegated = reader.take("^");
    const sets: CharacterSet[] = [];
    while (!reader.take("]")) {
      if (reader.isDone) throw reader.error("a class is not closed", "]", from);
      const at = reader.at;
      const first = this.#classMember();
      if (reader.peek() !== "-" || reader.peek(1) === "]" || reader.peek(1) === undefined) {
        sets.push(first);
        continue;
      }
      reader.take("-");
      const last = this.#classMember();
      const isSingle = (set: CharacterSet) => set.length === 2 && set[0] === set[1];
      if (!isSingle(first) || !isSingle(last) || last[0]! < first[0]!) {
        throw reader.error("a range has no beginning or end, or they are in the wrong order", undefined, at);
      }
      sets.push(characterSet([first[0]!, last[0]!]));
    }
    const set = this.#folded(characterSet(sets.flat()));
    return isNegated ? complementOf(set) : set;
  }

  #classMember(): CharacterSet {
    const next = this.#reader.next();
    return next === "\\" ? this.#escape(true) : this.#single(next.codePointAt(0)!);
  }

  #folded(set: CharacterSet): CharacterSet {
    return this.#flags.ignoreCase ? caseClosure(set) : set;
  }

  #single(codePoint: number): CharacterSet {
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
      throw this.#reader.error("this is no character", "a Unicode character", this.#reader.at - 1);
    }
    return [codePoint, codePoint];
  }

  /** What a backslash begins that has been taken. */
  #escape(inClass: boolean): CharacterSet {
    const reader = this.#reader;
    const from = reader.at - 1;
    const sign = reader.next();
    if ("dDsSwW".includes(sign)) return this.#shorthand(sign);
    if (sign === "p" || sign === "P") return this.#property(sign, from);
    const control = controls[sign];
    if (control !== undefined) return this.#single(control.charCodeAt(0));
    if (sign === "0" && !/\d/.test(reader.peek() ?? "")) return this.#single(0);
    if (sign === "x") return this.#single(reader.hexadecimal(2));
    if (sign === "u") return this.#single(this.#unicodeEscape());
    if (sign === "c" && /[A-Za-z]/.test(reader.peek() ?? "")) return this.#single(reader.next().charCodeAt(0) % 32);
    if (sign === "b" && inClass) return this.#single(8);
    if (sign === "b" || sign === "B") throw reader.error("word boundaries are not supported", undefined, from);
    if (/[\dk]/.test(sign)) throw reader.error("back-references are not supported", undefined, from);
    if (/[\^$\\.*+?()[\]{}|/-]/.test(sign)) return this.#single(sign.charCodeAt(0));
    throw reader.error("this escape is not known", "an escape that regular expressions with the flag u have", from);
  }

  #shorthand(sign: string): CharacterSet {
    const set = this.#folded(charactersMatching(`\\${sign.toLowerCase()}`));
    return sign === sign.toLowerCase() ? set : complementOf(set);
  }

  #property(sign: string, from: number): CharacterSet {
    const reader = this.#reader;
    const isOpen = reader.take("{");
    const name = reader.takeWhile(/[\w=]/);
    if (!isOpen || !reader.take("}")) throw reader.error("a Unicode property is not complete", "\\p{…}", from);
    let set: CharacterSet = noCharacters;
    try {
      set = charactersMatching(`\\p{${name}}`);
    } catch {
      throw reader.error(`the Unicode property ${name} is not known`, undefined, from);
    }
    return sign === "p" ? set : complementOf(set);
  }

  #unicodeEscape(): number {
    const reader = this.#reader;
    if (reader.take("{")) {
      const digits = reader.takeWhile(/[\da-f]/i);
      if (digits === "" || digits.length > 8 || !reader.take("}"))
        throw reader.error("an escape is incomplete", "\\u{…}");
      return Number.parseInt(digits, 16);
    }
    const first = reader.hexadecimal(4);
    if (first < 0xd800 || first > 0xdbff || !reader.take("\\u")) return first;
    const second = reader.hexadecimal(4);
    return second >= 0xdc00 && second <= 0xdfff ? 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00) : 0xd800;
  }
}
