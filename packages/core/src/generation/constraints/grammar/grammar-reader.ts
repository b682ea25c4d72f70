import { describeValue } from "../../../check-argument.ts";
import { BayLingError } from "../../../errors.ts";

/** Groups within groups that a parser follows; more would be an attack on the stack. */
const deepest = 200;

/** Reads a pattern or grammar character by character, and says where it is wrong. */
export class GrammarReader {
  /** Index of the next character. */
  at = 0;
  readonly #source: string;
  readonly #characters: readonly string[];
  #depth = 0;

  /** @param source names what is read in errors */
  constructor(source: string, text: string) {
    this.#source = source;
    this.#characters = Array.from(text);
  }

  get isDone(): boolean {
    return this.at >= this.#characters.length;
  }

  /** The character so many places on; undefined beyond the end. */
  peek(ahead = 0): string | undefined {
    return this.#characters[this.at + ahead];
  }

  /** Takes the next character. */
  next(): string {
    const character = this.#characters[this.at];
    if (character === undefined) throw this.error("the text ends too early", "more characters");
    this.at++;
    return character;
  }

  /** Takes a text if it comes next. */
  take(text: string): boolean {
    const wanted = Array.from(text);
    if (!wanted.every((character, index) => this.peek(index) === character)) return false;
    this.at += wanted.length;
    return true;
  }

  /** Takes characters while they match. */
  takeWhile(pattern: RegExp): string {
    const from = this.at;
    while (!this.isDone && pattern.test(this.peek()!)) this.at++;
    return this.#characters.slice(from, this.at).join("");
  }

  /** Takes so many hexadecimal digits and gives the code point. */
  hexadecimal(digits: number): number {
    const text = this.#characters.slice(this.at, this.at + digits).join("");
    if (text.length < digits || !/^[\da-f]+$/i.test(text)) {
      throw this.error("an escape is incomplete", `${digits} hexadecimal digits`);
    }
    this.at += digits;
    return Number.parseInt(text, 16);
  }

  /** A count of repetitions. */
  count(): number {
    const from = this.at;
    const digits = this.takeWhile(/\d/);
    if (digits === "") throw this.error("a repetition has no count", "a number");
    if (digits.length > 6) throw this.error("a repetition is too often", "at most 999999 times", from);
    return Number(digits);
  }

  /** Runs a parser one level deeper. */
  nested<Result>(parse: () => Result): Result {
    if (this.#depth === deepest) throw this.error("groups are nested too deeply", `at most ${deepest} levels`);
    this.#depth++;
    const result = parse();
    this.#depth--;
    return result;
  }

  /** An error that names line and column, of the next character or of that at an index. */
  error(problem: string, expected?: string, at: number = this.at): BayLingError {
    const before = this.#characters.slice(0, at);
    const line = before.filter((character) => character === "\n").length + 1;
    const column = at - (before.lastIndexOf("\n") + 1) + 1;
    const character = this.#characters[at];
    return new BayLingError("grammar-invalid", {
      source: this.#source,
      field: `line ${line}, column ${column}`,
      problem,
      expected,
      received: character === undefined ? "the end" : describeValue(character),
    });
  }
}
