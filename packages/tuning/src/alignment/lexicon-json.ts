import { BayLingError } from "@bayling/core";
import { Lexicon, type LexiconSide } from "./lexicon.ts";
import { TranslationTable } from "./translation-table.ts";
import { Vocabulary } from "./vocabulary.ts";

/** A lexicon as plain data. Arrays of numbers are little-endian bytes in base64. */
export interface LexiconJson {
  readonly format: "bayling-lexicon";
  readonly version: 1;
  readonly left: SideJson;
  readonly right: SideJson;
  readonly links: TableJson;
}

interface SideJson {
  readonly language: string;
  readonly words: readonly string[];
  readonly counts: string;
  readonly tension: number;
  readonly table: TableJson;
}

interface TableJson {
  readonly rows: string;
  readonly columns: string;
  readonly probabilities: string;
}

/** A lexicon as data that `JSON.stringify` keeps whole. */
export function lexiconToJson({ left, right, links }: Lexicon): LexiconJson {
  const side = ({ language, words, counts, direction }: LexiconSide): SideJson => ({
    ...{ language, words: words.words, counts: encode(counts) },
    ...{ tension: direction.tension, table: tableToJson(direction.table) },
  });
  return { format: "bayling-lexicon", version: 1, left: side(left), right: side(right), links: tableToJson(links) };
}

/** @throws BayLingError `argument-invalid` for what {@link lexiconToJson} did not make */
export function lexiconFromJson(json: unknown): Lexicon {
  const given = (typeof json === "object" && json !== null ? json : {}) as Partial<LexiconJson>;
  const { format, version, left, right, links } = given;
  if (
    format !== "bayling-lexicon" ||
    version !== 1 ||
    left === undefined ||
    right === undefined ||
    links === undefined
  ) {
    throw new BayLingError("argument-invalid", {
      field: "lexicon",
      problem: "this is no lexicon",
      expected: 'an object with format "bayling-lexicon" and version 1',
      received: JSON.stringify(json)?.slice(0, 60) ?? "nothing",
    });
  }
  const side = ({ language, words, counts, tension, table }: SideJson): LexiconSide => ({
    ...{ language, words: new Vocabulary(words), counts: new Uint32Array(decode(counts)) },
    direction: { tension, table: tableFromJson(table) },
  });
  return new Lexicon(side(left), side(right), tableFromJson(links));
}

function tableToJson({ rows, columns, probabilities }: TranslationTable): TableJson {
  return { rows: encode(rows), columns: encode(columns), probabilities: encode(probabilities) };
}

function tableFromJson({ rows, columns, probabilities }: TableJson): TranslationTable {
  return new TranslationTable(
    new Uint32Array(decode(rows)),
    new Uint32Array(decode(columns)),
    new Float32Array(decode(probabilities)),
  );
}

/** In the byte order of the machine, which is little-endian wherever Node runs today but for s390x. */
function encode(values: Uint32Array | Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function decode(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, "base64");
  return new Uint8Array(bytes).buffer;
}
