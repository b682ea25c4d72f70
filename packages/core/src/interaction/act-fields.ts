import { invalidArgument } from "../check-argument.ts";
import { parseLanguage, parseLocale } from "./language.ts";

/** Reads the data of an act from what a caller, a file or a server gave, field by field, and leaves none unread. */
export class ActFields {
  readonly #kind: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #left: Set<string>;

  /** @throws BayLingError `argument-invalid` for what is no object */
  constructor(kind: string, data: unknown) {
    if (typeof data !== "object" || data === null || Array.isArray(data)) {
      throw invalidArgument("data", "an object", data, kind);
    }
    this.#kind = kind;
    this.#fields = data as Record<string, unknown>;
    this.#left = new Set(Object.keys(data).filter((name) => this.#fields[name] !== undefined));
  }

  /** The value of a field, whatever it is. */
  value(name: string): unknown {
    this.#left.delete(name);
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  /** Throws the error for a field. */
  refuse(name: string, expected: string, received: unknown): never {
    throw invalidArgument(name, expected, received, this.#kind);
  }

  /** A text with something in it, without white space at its ends. */
  text(name: string): string {
    return this.#checkText(name, this.value(name));
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : this.#checkText(name, value);
  }

  /** A text of one line, such as a term. */
  term(name: string): string {
    return this.#checkTerm(name, this.value(name));
  }

  /** Terms, at least one, none twice. */
  terms(name: string): readonly string[] {
    return this.checkTerms(name, this.value(name));
  }

  checkTerms(name: string, value: unknown): readonly string[] {
    return [...new Set(this.list(name, value).map((term, index) => this.#checkTerm(`${name}[${index}]`, term)))];
  }

  /** An array with something in it. */
  list(name: string, value: unknown): readonly unknown[] {
    if (!Array.isArray(value) || value.length === 0) this.refuse(name, "an array that is not empty", value);
    return Array.from(value);
  }

  optionalCount(name: string, least = 1): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!Number.isSafeInteger(value) || (value as number) < least)
      this.refuse(name, `an integer from ${least} on`, value);
    return value as number;
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.value(name);
    if (choices.includes(value as Choice)) return value as Choice;
    return this.refuse(name, choices.map((choice) => `"${choice}"`).join(" or "), value);
  }

  optionalChoice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    if (this.value(name) === undefined) return undefined;
    return this.choice(name, choices);
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value !== undefined && typeof value !== "boolean") this.refuse(name, "a boolean", value);
    return value;
  }

  /** The canonical tag of a language. */
  language(name: string): string {
    return parseLanguage(this.value(name) as string, name);
  }

  locale(name: string): string {
    return parseLocale(this.value(name) as string, name);
  }

  /** @throws BayLingError `argument-invalid` when there is a field that nobody asked for */
  end(): void {
    for (const name of this.#left) this.refuse(name, `no such field in ${this.#kind}`, this.#fields[name]);
  }

  #checkTerm(name: string, value: unknown): string {
    const term = this.#checkText(name, value);
    if (/[\p{Cc}\u2028\u2029]/u.test(term)) this.refuse(name, "a text of one line without control characters", value);
    return term;
  }

  #checkText(name: string, value: unknown): string {
    const visible =
      typeof value === "string" && /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u.test(value);
    if (!visible || !value.isWellFormed()) this.refuse(name, "a text with characters that can be seen", value);
    return value.trim();
  }
}
