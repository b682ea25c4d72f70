import type { Verdict } from "../act.ts";
import { fail, pass, unknown } from "../verdict.ts";
import { decimalSeparator } from "./numbers.ts";

const numericDate =
  /(?<![\p{Nd}.,/-])(?=\d{4}|\d+[./-]\s?\d+[./-]\s?\d{4})(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})(?![\p{Nd}/-]|[.,]\d)/gu;
const separated = /(?<![\p{Nd}.,/-])\d+(?:[.,'\u2019\u00a0\u202f]\d+)+(?![\p{Nd}/-])/gu;

/** The order of year, month and day and what separates them: `d.m.y`. */
function dateShape(locale: string): string {
  const format = new Intl.DateTimeFormat(locale, { calendar: "gregory", numberingSystem: "latn" });
  const parts = format.formatToParts(new Date(2000, 10, 22));
  const order = parts.map(({ type }) => ({ year: "y", month: "m", day: "d" })[type as string] ?? "").join("");
  const separator = parts.find(({ type }) => type === "literal")?.value.trim() ?? "";
  return order.split("").join(separator.slice(0, 1));
}

/** The shapes that a date in digits can have, by what its parts can mean. ISO 8601 is at home everywhere. */
function shapesOf([, first, separator, second]: RegExpMatchArray): readonly string[] {
  if (first!.length === 4) return [`y${separator}m${separator}d`];
  const shapes: string[] = [];
  if (Number(second) <= 12) shapes.push(`d${separator}m${separator}y`);
  if (Number(first) <= 12) shapes.push(`m${separator}d${separator}y`);
  return shapes;
}

/**
 * Whether numbers with separators and dates in digits are written as a locale does; undecided where a text has none that
 * would tell, or where they can be read in several ways.
 * @param locale as `parseLocale` gives it
 */
export function checkFormats(reply: string, locale: string): Verdict {
  const wanted = dateShape(locale);
  let telling = 0;
  for (const date of reply.matchAll(numericDate)) {
    const shapes = shapesOf(date);
    if (shapes.includes("y-m-d") && date[1]!.length === 4) continue;
    if (!shapes.includes(wanted)) return fail(`${date[0]} is not a date as ${locale} writes it`);
    telling++;
  }
  for (const [number] of reply.replace(numericDate, " ").matchAll(separated)) {
    if (/^\d{1,3}\D\d{3}$/u.test(number)) continue; // 1.234 is a number in every locale
    if (/^\d+(?:\.\d+){2,}$/u.test(number) && !/^\d{1,3}(?:\.\d{3})+$/u.test(number)) continue; // 1.2.3 is a version
    if (!isNumberOf(number, locale)) return fail(`${number} is not a number as ${locale} writes it`);
    telling++;
  }
  return telling > 0
    ? pass(`numbers and dates are as ${locale} writes them`)
    : unknown("no number or date tells the locale");
}

/** Whether `Intl` writes a number so, or would but for its groups. */
function isNumberOf(written: string, locale: string): boolean {
  const decimal = decimalSeparator(locale);
  const [whole = "", fraction = "", ...more] = written.split(decimal);
  const digits = whole.replace(/\D/gu, "");
  if (more.length > 0 || /\D/u.test(fraction)) return false;
  const grouped = new Intl.NumberFormat(locale, { numberingSystem: "latn", useGrouping: "always" })
    .formatToParts(BigInt(digits))
    .flatMap(({ type, value }) => (type === "integer" || type === "group" ? [value] : []))
    .join("");
  return [digits, plainMarks(grouped)].includes(plainMarks(whole));
}

/** The marks that are alike to a reader as one. */
function plainMarks(number: string): string {
  return number.replace(/[\u00a0\u202f]/gu, " ").replaceAll("\u2019", "'");
}
