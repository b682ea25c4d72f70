import { spacedLetterPattern } from "../word-characters.ts";
import { linkClosers, linkForerunners, linkSigns, linkTrailers, mailboxClass } from "./span-characters.ts";

const link = new RegExp(`(?:${spacedLetterPattern}|[${linkSigns.replace(/[\]\\^-]/g, "\\$&")}])+`, "uy");
const forerunner = new RegExp(`^(?:${spacedLetterPattern}|[${linkForerunners.replace("-", "\\-")}])$`, "u");
const domain = /[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+/y;
const mailbox = new RegExp(`[${mailboxClass}]`);

/** Finds links: a scheme with `://`, or `www.`, and what follows. */
export class LinkFinder {
  readonly #text: string;
  /** By where a link may begin: where the part begins without which it is none. */
  readonly #starts = new Map<number, number>();

  constructor(text: string) {
    this.#text = text;
    for (const { 0: sign, index } of text.matchAll(/:\/\/|www\./g)) {
      if (sign === "://") {
        const start = schemeBefore(text, index);
        if (start !== undefined) this.#starts.set(start, index + 3);
      } else if (!forerunner.test(characterBefore(text, index))) this.#starts.set(index, index + 4);
    }
  }

  /** Where the link that begins here ends. */
  endOf(start: number): number | undefined {
    const from = this.#starts.get(start);
    if (from === undefined) return undefined;
    const text = this.#text;
    link.lastIndex = from;
    let end = link.test(text) ? link.lastIndex : from;
    const whole = text.slice(start, end);
    const surplus: Record<string, number> = {
      ")": count(whole, ")") - count(whole, "("),
      "]": count(whole, "]") - count(whole, "["),
    };
    for (; end > from; end--) {
      const last = text[end - 1]!;
      if (linkTrailers.includes(last)) continue;
      if (!linkClosers.includes(last) || surplus[last]! <= 0) break;
      surplus[last]!--;
    }
    return end > from ? end : undefined;
  }
}

/** Where e-mail addresses begin → where they end. */
export function findEmails(text: string): ReadonlyMap<number, number> {
  const emails = new Map<number, number>();
  for (const { index } of text.matchAll(/@/g)) {
    const found = emailAround(text, index);
    if (found !== undefined) emails.set(found.start, found.end);
  }
  return emails;
}

/** Whether the brackets that a text opens are all closed in it. */
export function isBalanced(text: string): boolean {
  return count(text, "(") <= count(text, ")") && count(text, "[") <= count(text, "]");
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}

/** Where the scheme begins that ends here. */
function schemeBefore(text: string, end: number): number | undefined {
  let start = end;
  while (start > 0 && /[A-Za-z\d+.-]/.test(text[start - 1]!)) start--;
  while (start < end && !/[A-Za-z]/.test(text[start]!)) start++;
  return start < end ? start : undefined;
}

function characterBefore(text: string, at: number): string {
  const unit = text[at - 1] ?? "";
  return /[\udc00-\udfff]/.test(unit) ? text.slice(at - 2, at) : unit;
}

function emailAround(text: string, at: number): { start: number; end: number } | undefined {
  let start = at;
  while (start > 0 && mailbox.test(text[start - 1]!)) start--;
  while (start < at && /[.+-]/.test(text[start]!)) start++;
  domain.lastIndex = at + 1;
  if (start === at || !domain.test(text)) return undefined;
  let end = domain.lastIndex;
  while (text[end - 1] === "-") end--;
  return /\.[A-Za-z]{2,}$/.test(text.slice(Math.max(at, end - 70), end)) ? { start, end } : undefined;
}
