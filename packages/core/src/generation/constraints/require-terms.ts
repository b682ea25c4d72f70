import { checkOptions, describeValue, invalidArgument } from "../../check-argument.ts";
import { type CharacterClasses, characterClasses } from "./characters/character-classes.ts";
import type { Utf8Node } from "./characters/utf8-tree.ts";
import type { Requirement } from "./constraint.ts";
import { FormTrie, type TermForm } from "./form-trie.ts";
import { spacedLetters, whiteSpace } from "./word-characters.ts";

export interface RequireTermsOptions {
  /**
   * A form counts only where no letter or digit touches it, so that "led" is not found in "ledger". It concerns ends
   * that are letters of a script with spaces between words, and never Chinese, Japanese, Korean or Thai. Default true.
   */
  readonly wholeWords?: boolean | undefined;
}

/** What stands before the place where the next character goes; nothing, and white space, is what words begin after. */
const EMPTY = 0;
const LETTER = 1;
const OTHER = 2;

/** Where a text is with its terms. Sets of terms are bits. */
interface TermState {
  /** Terms that are written for good. */
  readonly done: bigint;
  /** Terms that are complete unless the next character is a letter. */
  readonly pending: bigint;
  /** Nodes of the forms that have begun, the longest first. */
  readonly begun: readonly number[];
  readonly before: typeof EMPTY | typeof LETTER | typeof OTHER;
  /** Where the bytes of the next character have led. */
  readonly character: Utf8Node;
}

/**
 * Every term appears at least once in the text, in one of its forms, the spelling of which is kept byte for byte. A
 * term inside of another counts where it really stands: "York" in "New York". What is written and glued to a letter
 * afterwards counts no more, until it is written again. No character is refused: the model may write what it
 * likes around the terms, and a term that is there is not asked for again.
 * @param terms each a text, or several of which one is enough, the preferred one first
 * @throws BayLingError `argument-invalid` for terms without text
 */
export function requireTerms(
  terms: readonly (string | readonly string[])[],
  options: RequireTermsOptions = {},
): Requirement<TermState> {
  return new RequiredTerms(checkTerms(terms), checkWholeWords(options));
}

class RequiredTerms implements Requirement<TermState> {
  readonly name: string;
  readonly requiredBytes: number;
  readonly #forms: FormTrie;
  readonly #all: bigint;
  /** Of each term, the bytes of its longest form. */
  readonly #longest: readonly number[];

  constructor(terms: readonly (readonly string[])[], wholeWords: boolean) {
    const names = terms.map((forms) => forms.map((form) => describeValue(form)).join(" or "));
    this.name = `require ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
    this.#forms = new FormTrie(
      terms.flatMap((forms, term) =>
        forms.map((text) => {
          const characters = Array.from(text, (character) => character.codePointAt(0)!);
          return {
            term,
            bytes: new TextEncoder().encode(text),
            wordStart: wholeWords && isLetter(characters[0]!),
            wordEnd: wholeWords && isLetter(characters.at(-1)!),
          };
        }),
      ),
    );
    this.#all = (1n << BigInt(terms.length)) - 1n;
    const lengths = (term: number) => this.#forms.formsOf(term).map(({ bytes }) => bytes.length);
    this.#longest = terms.map((_, term) => Math.max(...lengths(term)));
    this.requiredBytes = this.#longest.reduce((sum, length) => sum + length, 0);
  }

  begin(): TermState {
    return { done: 0n, pending: 0n, begun: [], before: EMPTY, character: letters().tree };
  }

  step(state: TermState, byte: number): TermState | undefined {
    const { edgeOf, children } = state.character.edges;
    const reached = children[edgeOf[byte]!];
    if (reached === undefined) return undefined;
    const starts = isWithin(state) ? [] : this.#forms.roots(state.before !== LETTER);
    const begun = [...state.begun, ...starts].map((node) => this.#forms.child(node, byte)).filter((node) => node >= 0);
    if (typeof reached !== "number") return { ...state, begun, character: reached };
    const before = letters().isIn(reached, 0) ? LETTER : letters().isIn(reached, 1) ? EMPTY : OTHER;
    let done = before === LETTER ? state.done : state.done | state.pending;
    let pending = 0n;
    for (const { term, wordEnd } of begun.flatMap((node) => this.#forms.formsAt(node))) {
      if (wordEnd) pending |= 1n << BigInt(term);
      else done |= 1n << BigInt(term);
    }
    return this.#withoutNeedless({ done, pending: pending & ~done, begun, before, character: letters().tree });
  }

  mayEnd(state: TermState): boolean {
    return !isWithin(state) && (state.done | state.pending) === this.#all;
  }

  key(state: TermState): string {
    const { done, pending, begun, before, character } = state;
    return `${done} ${pending} ${begun.join()} ${isWithin(state) ? "" : before} ${numberOf(character)}`;
  }

  bytesToEnd(state: TermState): number {
    const missing = this.#missing(state);
    const { remaining } = state.character;
    if (missing.length === 0) return remaining;
    const begun = this.#bestBegun(state);
    let bytes = begun === undefined ? remaining : begun.rest;
    let glued = begun === undefined ? state.before === LETTER : begun.form.wordEnd;
    for (const term of missing) {
      if (term === begun?.form.term) continue;
      const [shortest] = [...this.#forms.formsOf(term)].sort((a, b) => a.bytes.length - b.bytes.length);
      bytes += shortest!.bytes.length + (glued && shortest!.wordStart ? 1 : 0);
      glued = shortest!.wordEnd;
    }
    return bytes;
  }

  writtenBytes(state: TermState): number {
    let written = 0;
    for (const [term, longest] of this.#longest.entries())
      if (isIn(state.done | state.pending, term)) written += longest;
    return written + (this.#bestBegun(state)?.written ?? 0);
  }

  continuations(state: TermState): readonly Uint8Array[] {
    const rests = state.begun.flatMap((node) =>
      this.#missing(state).flatMap((term) =>
        this.#forms.formsBelow(node, term).map(({ bytes }) => bytes.slice(this.#forms.depth(node))),
      ),
    );
    if (isWithin(state) || (rests.length > 0 && state.pending === 0n)) return rests;
    const forms = this.#missing(state).flatMap((term) => this.#forms.formsOf(term));
    const continuations = forms.flatMap(({ bytes, wordStart }) => {
      if (!wordStart || state.before === EMPTY) return [bytes];
      const spaced = Uint8Array.of(0x20, ...bytes);
      return state.before === LETTER ? [spaced] : [spaced, bytes];
    });
    // A term that might still be glued to a letter is safe after a space.
    return state.pending === 0n ? continuations : [Uint8Array.of(0x20), ...rests, ...continuations];
  }

  /** Without the begun forms of terms that are there: they make no difference any more. */
  #withoutNeedless(state: TermState): TermState {
    const missing = this.#missing(state);
    const begun = state.begun.filter(
      (node) => missing.some((term) => this.#forms.formsBelow(node, term).length > 0) || this.#mayRenew(state, node),
    );
    return { ...state, begun };
  }

  /** Whether a form that has begun may complete a term that a letter is about to take back. */
  #mayRenew({ pending }: TermState, node: number): boolean {
    return this.#longest.some((_, term) => isIn(pending, term) && this.#forms.formsBelow(node, term).length > 0);
  }

  #missing(state: TermState): number[] {
    const there = isWithin(state) ? state.done : state.done | state.pending;
    return [...this.#longest.keys()].filter((term) => !isIn(there, term));
  }

  /** The missing form of which the most is written. */
  #bestBegun(state: TermState): { form: TermForm; written: number; rest: number } | undefined {
    let best: { form: TermForm; written: number; rest: number } | undefined;
    for (const term of this.#missing(state)) {
      for (const node of state.begun) {
        const written = this.#forms.depth(node);
        for (const form of this.#forms.formsBelow(node, term)) {
          const rest = form.bytes.length - written;
          const isBetter =
            best === undefined || written > best.written || (written === best.written && rest < best.rest);
          if (isBetter) best = { form, written, rest };
        }
      }
    }
    return best;
  }
}

function isIn(set: bigint, term: number): boolean {
  return ((set >> BigInt(term)) & 1n) === 1n;
}

/** Whether the last byte is not the end of a character. */
function isWithin({ character }: TermState): boolean {
  return character.depth > 0;
}

let letterClasses: CharacterClasses | undefined;

/** Characters as letters, which are set 0, white space, which is set 1, and others. */
function letters(): CharacterClasses {
  letterClasses ??= characterClasses([spacedLetters(), whiteSpace()]);
  return letterClasses;
}

function isLetter(codePoint: number): boolean {
  return letters().isIn(letters().classOf(codePoint), 0);
}

const numbers = new WeakMap<Utf8Node, number>();
let numbered = 0;

/** Names a node in a key. */
function numberOf(node: Utf8Node): number {
  const known = numbers.get(node);
  if (known !== undefined) return known;
  numbers.set(node, ++numbered);
  return numbered;
}

function checkTerms(terms: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(terms)) throw invalidArgument("terms", "an array of terms", terms);
  return Array.from(terms, (term: unknown, index) => {
    const forms: unknown = typeof term === "string" ? [term] : term;
    if (!Array.isArray(forms) || forms.length === 0) {
      throw invalidArgument(`terms[${index}]`, "a text, or an array of at least one", term);
    }
    return Array.from(forms, (form: unknown) => {
      const isText = typeof form === "string" && /\S/u.test(form) && !/\p{Surrogate}/u.test(form);
      if (!isText) throw invalidArgument(`terms[${index}]`, "a text that is not empty, without lone surrogates", form);
      return form;
    });
  });
}

function checkWholeWords(options: unknown): boolean {
  checkOptions(options);
  const { wholeWords = true } = options as RequireTermsOptions;
  if (typeof wholeWords !== "boolean") throw invalidArgument("wholeWords", "a boolean", wholeWords);
  return wholeWords;
}
