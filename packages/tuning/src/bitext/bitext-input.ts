import type { NormalisationOptions } from "./normalisation.ts";

/** What every input can say of itself. */
interface InputDescription {
  /** BCP 47 tags or names of languages. A plain `zh` is simplified Chinese, `zh-Hans`. */
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  /** Name of the corpus. Default: that of the file, without its endings. */
  readonly corpus?: string | undefined;
  /** SPDX identifier, or the words of the corpus. */
  readonly license?: string | undefined;
  /** Overrides what is set for all inputs. */
  readonly normalisation?: NormalisationOptions | undefined;
}

/** A column by its number, counted from 1, or by its name in the header. */
export type Column = number | string;

export interface TsvColumns {
  readonly source: Column;
  readonly target: Column;
  /** Several are joined by a hyphen. */
  readonly id?: Column | readonly Column[] | undefined;
  readonly license?: Column | undefined;
  readonly attribution?: Column | undefined;
}

/** Columns, one pair a line. */
export interface TsvInput extends InputDescription {
  readonly format: "tsv";
  readonly file: string;
  /** Default: source in the first, target in the second. */
  readonly columns?: TsvColumns | undefined;
  /** Whether the first line holds names. Default: where a column is given by name. */
  readonly header?: boolean | undefined;
  /** Whether `"` encloses columns that may hold the delimiter, `""` and ends of lines. Default: a quote is a quote. */
  readonly quoted?: boolean | undefined;
  /** One character. Default: a tab. */
  readonly delimiter?: string | undefined;
}

/**
 * Sentence pairs as Tatoeba or its collectors export them: two columns of text; four, with an id before each text; three,
 * with an attribution behind them.
 */
export interface TatoebaPairsInput extends InputDescription {
  readonly format: "tatoeba";
  readonly file: string;
}

/**
 * Tatoeba's weekly exports: sentences (`id`, language, text, of all languages or one each) and links (`id`, `id`), from
 * sentences of the source language to those of the target language, or in both directions. The sentences of the two
 * languages are held in memory, as UTF-8 and 12 to 24 bytes beside it.
 */
export interface TatoebaLinksInput extends InputDescription {
  readonly format: "tatoeba";
  readonly sentences: string | readonly string[];
  readonly links: string;
}

/** Two files whose lines belong together by their numbers. */
export interface LineAlignedInput extends InputDescription {
  readonly format: "lines";
  readonly source: string;
  readonly target: string;
}

/** Names of fields from the outermost in, as an array or joined by points: `translation.en`. Numbers index arrays. */
export type FieldPath = string | readonly (string | number)[];

/** A JSON object a line. */
export interface JsonlInput extends InputDescription {
  readonly format: "jsonl";
  readonly file: string;
  /** Default: `source` and `target`. */
  readonly fields?:
    | {
        readonly source: FieldPath;
        readonly target: FieldPath;
        readonly id?: FieldPath | undefined;
        readonly license?: FieldPath | undefined;
        readonly attribution?: FieldPath | undefined;
      }
    | undefined;
}

/** Translation Memory eXchange, 1.1 to 1.4b. The variants of the two languages in a unit give a pair each with each. */
export interface TmxInput extends InputDescription {
  readonly format: "tmx";
  readonly file: string;
}

/** Where pairs come from. Every file can be gzip's. */
export type BitextInput = TsvInput | TatoebaPairsInput | TatoebaLinksInput | LineAlignedInput | JsonlInput | TmxInput;

/** The files of an input, in the order in which they are read. */
export function filesOf(input: BitextInput): readonly string[] {
  if (input.format === "lines") return [input.source, input.target];
  if ("links" in input) return [input.sentences, input.links].flat();
  return [input.file];
}
