import type { Verdict } from "../act.ts";
import { fail, pass, unknown } from "../verdict.ts";

/** A number as it is written; `value` is what it means in the locale, `other` what it means in some other one. */
export interface Numeral {
  readonly text: string;
  /** Decimal digits, a point for the fraction, no needless zeros. */
  readonly value: string;
  readonly other?: string | undefined;
}

const numeral = /\p{Nd}+(?:[.,\u066b\u066c'\u2019\u00a0\u202f]\p{Nd}+)*/gu;

const decimalSeparators = new Map<string, string>();

/** What stands before the fraction of a number. */
export function decimalSeparator(locale: string): string {
  let separator = decimalSeparators.get(locale);
  if (separator === undefined) {
    const parts = new Intl.NumberFormat(locale, { numberingSystem: "latn" }).formatToParts(1.5);
    separator = parts.find(({ type }) => type === "decimal")?.value ?? ".";
    decimalSeparators.set(locale, separator);
  }
  return separator;
}

/** The numbers in digits, of any script and width, as a locale reads them. Versions and dates are a number each part. */
export function findNumbers(text: string, locale: string): readonly Numeral[] {
  const decimal = decimalSeparator(locale);
  return [...text.matchAll(numeral)].flatMap(([written]) => readNumeral(written, decimal));
}

function readNumeral(written: string, decimal: string): readonly Numeral[] {
  const text = toAsciiDigits(written);
  const plain = text.replace(/['\u2019\u00a0\u202f]/g, "");
  const separators = plain.match(/[.,]/g) ?? [];
  const last = separators.at(-1);
  if (last === undefined) return [{ text: written, value: normalise(plain) }];
  const kinds = new Set(separators);
  const isFraction = separators.filter((separator) => separator === last).length === 1;
  const grouped = () => normalise(plain.replace(/[.,]/g, ""));
  const fraction = () => {
    const at = plain.lastIndexOf(last);
    return normalise(`${plain.slice(0, at).replace(/[.,]/g, "")}.${plain.slice(at + 1)}`);
  };
  if (kinds.size === 2 && isFraction) return [{ text: written, value: fraction() }];
  if (kinds.size === 1 && !isFraction && /^\d{1,3}(?:\D\d{2,3})*\D\d{3}$/.test(plain)) {
    return [{ text: written, value: grouped() }];
  }
  if (kinds.size === 1 && isFraction) {
    if (!/^[1-9]\d{0,2}\D\d{3}$/.test(plain)) return [{ text: written, value: fraction() }];
    const [value, other] = last === decimal ? [fraction(), grouped()] : [grouped(), fraction()];
    return [{ text: written, value, other }];
  }
  return plain.split(/[.,]/).map((part) => ({ text: part, value: normalise(part) }));
}

/** Digits of every script come in runs of ten in order; those in runs of several tens are compatible with ASCII. */
function toAsciiDigits(text: string): string {
  return text
    .replace(/\p{Nd}/gu, (digit) => {
      const compatible = digit.normalize("NFKC");
      if (/[0-9]/.test(compatible)) return compatible;
      const code = digit.codePointAt(0)!;
      let value = 0;
      while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
      return String(value);
    })
    .replaceAll("\u066b", ".")
    .replaceAll("\u066c", ",");
}

function normalise(digits: string): string {
  const [whole = "", part = ""] = digits.split(".");
  const fraction = part.replace(/0+$/, "");
  const integer = whole.replace(/^0+(?=\d)/, "");
  return fraction === "" ? integer : `${integer}.${fraction}`;
}

/** Signs that a text says numbers in words, or other ones than its neighbour: then digits decide nothing. */
const numberWords: readonly RegExp[] = [
  /[〇零一二三四五六七八九十百千万萬亿億两兩半双雙]|[上下]午|凌晨|晚上|[世年][纪紀代]|点|點/u,
  /\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]{3,5}teen|(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ies|ieth))\b/iu,
  /\b(?:first|second|third|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|[a-z]{3,5}teen)th|once|twice|both|hal(?:f|ves)|quarters?)\b/iu,
  /\b(?:dozen|hundred|thousand|million|billion|trillion|single|double|triple|noon|midnight)|\d\s?(?:[ap]\.?m|k|m|bn)\b|\d:\d\d/iu,
  /zwei|zwo|drei|dritt|vier|fünf|sechs|sieben|siebt|neun|zehn|zwölf|hundert|tausend|illion|illiarde|\b(?:mio|mrd|uhr|elf)\b/iu,
  /\bacht(?:\b|e[mnrs]?\b|und|zehn|zig)|\b(?:erste|halbe?|beide)[mnrs]?\b|hälfte|dutzend|mittag|mitternacht|doppelt|(?:zig|ßig)(?:st|\b)/iu,
];

const months = /\b(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)/iu;

/**
 * Whether a reply has the numbers of a source, each as often: 1,234.5 in English is 1.234,5 in German and 1234.5
 * anywhere. Undecided where numbers may have become words, or words numbers. Undefined where neither has any.
 */
export function checkNumbers(
  reply: string,
  source: string,
  locales: { from: string; to: string },
): Verdict | undefined {
  const asked = findNumbers(source, locales.from);
  const written = findNumbers(reply, locales.to);
  if (asked.length === 0 && written.length === 0) return undefined;
  const left = [...without(asked, written)];
  const right = [...without(written, asked)];
  if (left.length === 0 && right.length === 0) return pass("the numbers are those of the source");
  dropAlike(left, right);
  const lost = left.map(({ text }) => text).join(", ");
  const added = right.map(({ text }) => text).join(", ");
  if (lost === "" && added === "") return unknown("a number is written as in another locale, so it may have changed");
  // "a", "eine", 个: one of something needs no word for it.
  if (right.length === 0 && left.every(({ value }) => value === "1")) return unknown("1 may be said in words");
  const both = `${source}\n${reply}`;
  if ([...numberWords, months].some((words) => words.test(both)))
    return unknown(`${lost || added} may be said in words`);
  if (/\d \d{3,4}(?!\d)/.test(both)) return unknown("digits are grouped by spaces");
  if (lost === "") return unknown(`${added} is not in the source in digits`);
  return fail(added === "" ? `${lost} is missing` : `${lost} has become ${added}`);
}

/** Numbers of the first list without those of the second, each as often as it is there. */
function without(numbers: readonly Numeral[], others: readonly Numeral[]): readonly Numeral[] {
  const counts = new Map<string, number>();
  for (const { value } of others) counts.set(value, (counts.get(value) ?? 0) + 1);
  return numbers.filter(({ value }) => {
    const count = counts.get(value) ?? 0;
    if (count > 0) counts.set(value, count - 1);
    return count === 0;
  });
}

/** Takes out of both lists what other locales read alike. */
function dropAlike(left: Numeral[], right: Numeral[]): void {
  const readings = ({ value, other }: Numeral) => (other === undefined ? [value] : [value, other]);
  for (let index = left.length - 1; index >= 0; index--) {
    const values = readings(left[index]!);
    const found = right.findIndex((candidate) => readings(candidate).some((value) => values.includes(value)));
    if (found === -1) continue;
    left.splice(index, 1);
    right.splice(found, 1);
  }
}
