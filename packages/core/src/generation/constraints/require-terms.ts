import { checkOptions, describeValue, invalidArgument } from "../../check-argument.ts";
import { hasCharacter } from "./characters/character-set.ts";
import type { Requirement } from "./constraint.ts";
import { FormTrie, type TermForm } from "./form-trie.ts";
import { spacedLetters } from "./word-characters.ts";

export interface RequireTermsOptions {
  /**
   * A form counts only where no letter or digit touches it, so that "led" is not found in "ledger". It concerns ends
   * that are letters of a script with spaces between words, and never Chinese, Japanese, Korean or Thai. Default true.
   */
  readonly wholeWords?: boolean | undefined;
}

/** What stands before the place where the next character goes. */
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
  /** The bits of the character that is being written, and how many bytes it still needs. */
  readonly character: number;
  readonly needed: number;
}

/**
 * Every term appears at least once in the text, in one of its forms, the spelling of which is kept byte for byte. A
 * term inside of another counts where it really stands: "York" in "New York". What is written and glued to a letter
 * afterwards counts no more, until it is written again. Nothing is ever refused: the model may write what it likes
 * around the terms, and a term that is there is not asked for again.
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
    return { done: 0n, pending: 0n, begun: [], before: EMPTY, character: 0, needed: 0 };
  }

  step(state: TermState, byte: number): TermState {
    const starts = state.needed > 0 ? [] : this.#forms.roots(state.before !== LETTER);
    const begun = [...state.begun, ...starts].map((node) => this.#forms.child(node, byte)).filter((node) => node >= 0);
    const { character, needed } = readByte(state, byte);
    const next = { ...state, begun, character, needed };
    if (needed > 0) return next;
    const before = isLetter(character) ? LETTER : OTHER;
    let done = before === LETTER ? state.done : state.done | state.pending;
    let pending = 0n;
    for (const { term, wordEnd } of begun.flatMap((node) => this.#forms.formsAt(node))) {
      if (wordEnd) pending |= 1n << BigInt(term);
      else done |= 1n << BigInt(term);
    }
    return this.#withoutNeedless({ ...next, done, pending: pending & ~done, before });
  }

  mayEnd({ done, pending, needed }: TermState): boolean {
    return (needed > 0 ? done : done | pending) === this.#all;
  }

  key({ done, pending, begun, before, character, needed }: TermState): string {
    return `${done} ${pending} ${begun.join()} ${before} ${needed > 0 ? character : ""} ${needed}`;
  }

  bytesToEnd(state: TermState): number {
    const missing = this.#missing(state);
    if (missing.length === 0) return state.needed;
    const begun = this.#bestBegun(state);
    let bytes = begun === undefined ? state.needed : begun.rest;
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
    if (state.needed > 0 || (rests.length > 0 && state.pending === 0n)) return rests;
    const forms = this.#missing(state).flatMap((term) => this.#forms.formsOf(term));
    const continuations = forms.flatMap(({ bytes, wordStart }) => {
      if (!wordStart || state.before === EMPTY) return [bytes];
      const spaced = Uint8Array.of(0x20, ...bytes);
      return state.before === LETTER ? [spaced] : [bytes, spaced];
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

  #missing({ done, pending, needed }: TermState): number[] {
    const there = needed > 0 ? done : done | pending;
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

function isLetter(codePoint: number): boolean {
  return hasCharacter(spacedLetters(), codePoint);
}

/** One more byte of UTF-8; what is none becomes U+FFFD, as decoders have it. */
function readByte({ character, needed }: TermState, byte: number): { character: number; needed: number } {
  if (needed > 0 && byte >= 0x80 && byte < 0xc0)
    return { character: (character << 6) | (byte & 0x3f), needed: needed - 1 };
  if (byte < 0x80) return { character: byte, needed: 0 };
  if (byte >= 0xc2 && byte < 0xe0) return { character: byte & 0x1f, needed: 1 };
  if (byte >= 0xe0 && byte < 0xf0) return { character: byte & 0x0f, needed: 2 };
  if (byte >= 0xf0 && byte < 0xf5) return { character: byte & 0x07, needed: 3 };
  return { character: 0xfffd, needed: 0 };
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
