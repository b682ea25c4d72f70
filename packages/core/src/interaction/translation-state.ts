/** A term that has to appear: one of its forms does. */
export interface RequiredTerm {
  /** At least one; the first is the preferred one. */
  readonly forms: readonly string[];
  /** What it translates, if that is known: the term is required where the source holds it. */
  readonly source?: string | undefined;
}

export interface ForbiddenTerm {
  readonly term: string;
  /** Default false: in every letter case. */
  readonly matchCase?: boolean | undefined;
}

export interface GlossaryEntry {
  readonly source: string;
  /** At least one; the first is the preferred one. */
  readonly targets: readonly string[];
}

/** How long a translation may be, in words (of languages that write them apart) or in characters. */
export interface LengthLimit {
  readonly unit: "words" | "characters";
  readonly least?: number | undefined;
  readonly most?: number | undefined;
}

export type Register = "formal" | "informal";

/** What is asked of a translation, carried from turn to turn. Immutable. */
export interface TranslationState {
  /** BCP-47. */
  readonly from: string;
  /** BCP-47; `zh-Hans` and `zh-Hant` are two. */
  readonly to: string;
  readonly source: string;
  /** The last translation; undefined before the first. */
  readonly translation: string | undefined;
  readonly required: readonly RequiredTerm[];
  readonly forbidden: readonly ForbiddenTerm[];
  readonly glossary: readonly GlossaryEntry[];
  readonly length: LengthLimit | undefined;
  readonly register: Register | undefined;
  /** The locale whose numbers and dates are wanted, BCP-47. */
  readonly formats: string | undefined;
  /** What stands at the beginning, byte for byte; bytes may end within a character. */
  readonly prefix: string | Uint8Array | undefined;
}

export function createState(from: string, to: string, source: string): TranslationState {
  return {
    ...{ from, to, source, translation: undefined, required: [], forbidden: [], glossary: [] },
    ...{ length: undefined, register: undefined, formats: undefined, prefix: undefined },
  };
}
