import type { CharacterTraits } from "./character-traits.ts";
import { isBalanced } from "./link-finder.ts";
import type { ProtectedKind } from "./protected-spans.ts";

/**
 * What the characters before a place could still become together with those that follow. Numbers count how far
 * something has got; 0 where it has not begun.
 */
export interface TextContext {
  /** 1 after a digit, 2 after a separator that follows a digit. */
  readonly number: 0 | 1 | 2;
  /** 1 after `:`, 2 after `:/`. */
  readonly scheme: 0 | 1 | 2;
  /** How many w stand before. */
  readonly www: 0 | 1 | 2 | 3;
  /** 1 after `&`, 2 after a name that follows it. */
  readonly entity: 0 | 1 | 2;
  /** 1 after a `%` that is none of printf, 2 after `%.`, 3 after the `%` of a percentage. */
  readonly percent: 0 | 1 | 2 | 3;
  /** 1 after `$`, 2 after `$t`. */
  readonly call: 0 | 1 | 2;
  /** Whether a `<` that begins no tag stands before. */
  readonly less: boolean;
  /** After a link, and what would fall off its end; in a link that leaves brackets open, closing ones would not. */
  readonly link: "none" | "balanced" | "unbalanced";
  /** 1 after an e-mail address, 2 after one with a full stop. */
  readonly email: 0 | 1 | 2;
  /** Of the character before. */
  readonly afterMailbox: boolean;
  readonly afterForerunner: boolean;
  readonly afterBacktick: boolean;
}

export const emptyContext: TextContext = {
  ...({ number: 0, scheme: 0, www: 0, entity: 0, percent: 0, call: 0, less: false, link: "none", email: 0 } as const),
  ...{ afterMailbox: false, afterForerunner: false, afterBacktick: false },
};

/** Whether a character would make a span of a protected kind, together with what stands before, that is none. */
export function isRefused(context: TextContext, traits: CharacterTraits, kinds: ReadonlySet<ProtectedKind>): boolean {
  const { sign, isDigit, isLetter, isAsciiDigit } = traits;
  const { number, scheme, www, entity, percent, call, less, link, email } = context;
  const isWordCharacter = isLetter || isAsciiDigit;
  if (kinds.has("number") && isDigit && number > 0) return true;
  if (kinds.has("url")) {
    if ((scheme === 2 && sign === "/") || (www === 3 && sign === ".")) return true;
    const fallsOff = traits.isTrailer || (traits.isCloser && link === "balanced");
    if (link !== "none" && traits.isLink && !fallsOff) return true;
  }
  if (kinds.has("email")) {
    if (sign === "@" && context.afterMailbox) return true;
    if (email > 0 && (isWordCharacter || sign === "-")) return true;
  }
  if (kinds.has("entity")) {
    if (entity === 1 && sign === "#") return true;
    if (entity === 2 && (sign === ";" || isDigit)) return true;
  }
  if (kinds.has("printf")) {
    if (percent === 1 && (isWordCharacter || "#+*($%@-".includes(sign))) return true;
    if (percent === 2 && (isWordCharacter || "*%@".includes(sign))) return true;
    if (percent === 3 && sign === "%") return true;
  }
  if (kinds.has("placeholder") && ((call === 2 && sign === "(") || (call === 1 && sign === "{"))) return true;
  return kinds.has("tag") && less && (isLetter || "_/!?".includes(sign));
}

/** Whether a span of a kind would be found as such where it begins. */
export function mayBegin(context: TextContext, kind: ProtectedKind, text: string): boolean {
  if (kind === "url") return !context.afterForerunner;
  if (kind === "email") return !context.afterMailbox;
  if (kind === "code") return !context.afterBacktick;
  return kind !== "printf" || text === "%%" || context.number !== 1;
}

/** The context after a character that belongs to no span. */
export function afterCharacter(context: TextContext, traits: CharacterTraits): TextContext {
  const { sign } = traits;
  const { scheme, www, entity, percent, call, link, email } = context;
  const isName = traits.isLetter || traits.isAsciiDigit;
  return {
    ...withinSpan(context, traits),
    scheme: sign === ":" ? 1 : scheme === 1 && sign === "/" ? 2 : 0,
    www: sign === "w" ? (Math.min(www + 1, 3) as 1 | 2 | 3) : 0,
    entity: sign === "&" ? 1 : entity > 0 && isName ? 2 : 0,
    percent: sign === "%" ? (context.number === 1 ? 3 : 1) : percent === 1 && sign === "." ? 2 : 0,
    call: sign === "$" ? 1 : call === 1 && sign === "t" ? 2 : 0,
    less: sign === "<",
    link: traits.isTrailer || traits.isCloser ? link : "none",
    email: email === 1 && sign === "." ? 2 : 0,
  };
}

/** The context after a character of a span: nothing of it is a beginning of anything else, but it is what stands before. */
export function withinSpan({ number }: TextContext, traits: CharacterTraits): TextContext {
  return {
    ...emptyContext,
    number: traits.isDigit ? 1 : number === 1 && traits.isNumberSeparator ? 2 : 0,
    afterMailbox: traits.isMailbox,
    afterForerunner: traits.isForerunner,
    afterBacktick: traits.sign === "`",
    call: traits.sign === "$" ? 1 : 0,
  };
}

/** The context at the end of a span. */
export function afterSpan(context: TextContext, kind: ProtectedKind, text: string): TextContext {
  if (kind === "email") return { ...context, email: 1 };
  return kind === "url" ? { ...context, link: isBalanced(text) ? "balanced" : "unbalanced" } : context;
}
