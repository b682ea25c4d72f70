import { invalidArgument } from "../../../check-argument.ts";
import { findBraceEnds } from "./brace-ends.ts";
import { CodeFinder } from "./code-finder.ts";
import { findEmails, LinkFinder } from "./link-finder.ts";
import { digitClass, numberSeparatorClass } from "./span-characters.ts";
import { TagFinder } from "./tag-finder.ts";
import { pairTags } from "./tag-pairs.ts";

/**
 * What can be protected: tags of HTML, XML and XLIFF, with comments, CDATA and processing instructions; entities;
 * placeholders in braces (`{name}`, ICU messages, `{{x}}`, `${x}`, `$t(key)`); those of printf; links; e-mail addresses;
 * numbers with their separators, and so dates, times and versions; code in backticks.
 */
export type ProtectedKind = "tag" | "entity" | "placeholder" | "printf" | "url" | "email" | "number" | "code";

export const protectedKinds: readonly ProtectedKind[] = [
  ...(["tag", "entity", "placeholder", "printf", "url", "email", "number", "code"] as const),
];

/** A part of a text that has to stay as it is. */
export interface ProtectedSpan {
  readonly kind: ProtectedKind;
  /** UTF-16 units from the beginning of the text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** `whole` for all but tags that have their partner; tags without one are whole, too. */
  readonly role: "whole" | "opening" | "closing";
  /** The text of the other tag of a pair. */
  readonly partner: string | undefined;
  /** The name of a tag in lower case; undefined for what has none. */
  readonly tagName: string | undefined;
}

export interface ProtectOptions {
  /** Default: all of them. */
  readonly kinds?: readonly ProtectedKind[] | undefined;
}

/** @throws BayLingError `argument-invalid` */
export function checkProtectedKinds(options: ProtectOptions): ReadonlySet<ProtectedKind> {
  if (typeof options !== "object" || options === null) throw invalidArgument("options", "an object", options);
  const { kinds = protectedKinds } = options;
  if (!Array.isArray(kinds)) throw invalidArgument("kinds", `an array of ${protectedKinds.join(", ")}`, kinds);
  for (const [index, kind] of kinds.entries()) {
    if (!protectedKinds.includes(kind)) throw invalidArgument(`kinds[${index}]`, protectedKinds.join(", "), kind);
  }
  return new Set(kinds);
}

/** A span before tags are paired. */
export interface FoundSpan {
  readonly kind: ProtectedKind;
  readonly start: number;
  readonly end: number;
}

const printf =
  /%(?:%|(?:\d+\$)?(?:\([\w.-]+\))?[-+#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|q|j|z|t)?[sdiufFeEgGxXoaAcp@])/y;
const entity = /&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{0,30});/y;
const number = new RegExp(`${digitClass}+(?:[${numberSeparatorClass}]${digitClass}+)*`, "uy");
const digitLast = new RegExp(`${digitClass}$`, "u");
/** What the first brace of a placeholder holds: nothing, or a name or number, then its end or a format. */
const placeholderName = /\{(?:\}|\s*[\p{L}\p{N}_][\p{L}\p{N}_.[\]-]*\s*[},:!])/uy;

/**
 * Finds what has to stay as it is, from left to right; of what begins at the same place, the first of the kinds that
 * {@link ProtectedKind} lists. Takes time proportional to the length of the text, whatever it holds.
 * @throws BayLingError `argument-invalid`
 */
export function findProtectedSpans(text: string, options: ProtectOptions = {}): readonly ProtectedSpan[] {
  if (typeof text !== "string") throw invalidArgument("text", "a text", text);
  const spans: FoundSpan[] = [];
  const endOf = spanFinder(text, checkProtectedKinds(options));
  for (let at = 0; at < text.length; ) {
    const found = endOf(at);
    if (found === undefined) at++;
    else {
      spans.push({ kind: found.kind, start: at, end: found.end });
      at = found.end;
    }
  }
  return pairTags(text, spans);
}

type Finder = (at: number) => number | undefined;

/** A function that tells which span begins at a place, if any. Asked from left to right. */
function spanFinder(text: string, kinds: ReadonlySet<ProtectedKind>) {
  const match = (pattern: RegExp, at: number): number | undefined => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : undefined;
  };
  const tags = new TagFinder(text);
  const code = new CodeFinder(text);
  const braces = placeholderFinder(text, match);
  const links = new LinkFinder(text);
  const emails = findEmails(text);
  const finders: Record<ProtectedKind, Finder> = {
    tag: (at) => (text[at] === "<" ? tags.endOf(at) : undefined),
    code: (at) => (text[at] === "`" ? code.endOf(at) : undefined),
    placeholder: braces,
    // "50%off" and "20%iger": a percentage.
    printf: (at) => {
      if (text[at] !== "%") return undefined;
      const end = match(printf, at);
      return text[at + 1] !== "%" && digitLast.test(text.slice(Math.max(0, at - 2), at)) ? undefined : end;
    },
    entity: (at) => (text[at] === "&" ? match(entity, at) : undefined),
    url: (at) => links.endOf(at),
    // Behind a letter that is not ASCII, www. begins no link; but wherever the address could be placed, it does.
    email: (at) => (kinds.has("url") && text.startsWith("www.", at) ? undefined : emails.get(at)),
    number: (at) => match(number, at),
  };
  const order = protectedKinds.filter((kind) => kinds.has(kind));
  return (at: number): { kind: ProtectedKind; end: number } | undefined => {
    for (const kind of order) {
      const end = finders[kind](at);
      if (end !== undefined) return { kind, end };
    }
    return undefined;
  };
}

function placeholderFinder(text: string, match: (pattern: RegExp, at: number) => number | undefined): Finder {
  const ends = findBraceEnds(text);
  let nextParenthesis = -1;
  const parenthesisAfter = (at: number) => {
    if (nextParenthesis < at) nextParenthesis = text.indexOf(")", at);
    if (nextParenthesis < 0) nextParenthesis = Infinity;
    return nextParenthesis === Infinity ? undefined : nextParenthesis;
  };
  return (at) => {
    if (text[at] === "$") {
      if (text[at + 1] === "{") return ends.get(at + 1);
      if (!text.startsWith("$t(", at)) return undefined;
      const close = parenthesisAfter(at);
      return close === undefined || close === at + 3 ? undefined : close + 1;
    }
    const end = text[at] === "{" ? ends.get(at) : undefined;
    if (end === undefined) return undefined;
    const isDouble = text[at + 1] === "{" && ends.get(at + 1) === end - 1;
    return isDouble || match(placeholderName, at) !== undefined ? end : undefined;
  };
}
