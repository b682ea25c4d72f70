import type { CharacterClasses } from "../characters/character-classes.ts";
import type { ProtectedKind, ProtectedSpan } from "./protected-spans.ts";

/** Spans of a source that are the same: same text, same role, same partner. */
export interface SpanType {
  readonly kind: ProtectedKind;
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Class of each of its characters; each of them is alone in its class. */
  readonly classes: readonly number[];
  /** Bytes of UTF-8 before each character. */
  readonly offsets: readonly number[];
  readonly role: ProtectedSpan["role"];
  /** The closing tag of an opening one. */
  readonly partner: string | undefined;
  readonly tagName: string | undefined;
  readonly count: number;
}

/** What remains to be written. */
export interface SpanStock {
  /** By type, how many. */
  readonly remaining: readonly number[];
  /** Types of the tags that are open, the innermost last. */
  readonly open: readonly number[];
}

/** Types of spans before their characters have classes. */
export function typesOf(spans: readonly ProtectedSpan[]): readonly { span: ProtectedSpan; count: number }[] {
  const types = new Map<string, { span: ProtectedSpan; count: number }>();
  for (const span of spans) {
    const { kind, text, role, partner } = span;
    const name = JSON.stringify([kind, text, role, role === "opening" ? partner : ""]);
    const type = types.get(name);
    if (type === undefined) types.set(name, { span, count: 1 });
    else type.count++;
  }
  return [...types.values()];
}

export function spanType({ span, count }: { span: ProtectedSpan; count: number }, classes: CharacterClasses): SpanType {
  const { kind, text, role, partner, tagName } = span;
  const encoder = new TextEncoder();
  const characters = Array.from(text);
  let bytes = 0;
  const offsets = characters.map((character) => {
    bytes += encoder.encode(character).length;
    return bytes - encoder.encode(character).length;
  });
  return {
    ...{ kind, text, role, partner, tagName, count, offsets },
    bytes: encoder.encode(text),
    classes: characters.map((character) => classes.classOf(character.codePointAt(0)!)),
  };
}

/**
 * Whether a span may come now, as tags have to nest: a closing tag closes the innermost open one. Tags without a partner
 * come where no reader would take them for the partner of another.
 */
export function mayPlace(types: readonly SpanType[], { remaining, open }: SpanStock, index: number): boolean {
  const { role, text, tagName } = types[index]!;
  if (remaining[index] === 0) return false;
  if (role === "closing") return open.length > 0 && types[open.at(-1)!]!.partner === text;
  if (role === "opening" || tagName === undefined) return true;
  if (open.some((other) => types[other]!.tagName === tagName)) return false;
  const isClosing = (text: string) => text.startsWith("</");
  if (isClosing(text)) return true;
  return !types.some(
    (other, at) => other.role === "whole" && other.tagName === tagName && isClosing(other.text) && remaining[at]! > 0,
  );
}

export function place(types: readonly SpanType[], { remaining, open }: SpanStock, index: number): SpanStock {
  const { role } = types[index]!;
  return {
    remaining: remaining.map((count, at) => (at === index ? count - 1 : count)),
    open: role === "opening" ? [...open, index] : role === "closing" ? open.slice(0, -1) : open,
  };
}
