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

/** What remains to be written of some types of spans, and which tags are open. Immutable; the same for the same remains. */
export class SpanStock {
  /** Different for each stock of the same types. */
  readonly number: number;
  /** Bytes of all that remains. */
  readonly bytes: number;
  /** How many spans remain that some characters may not stand before: all but tags. */
  readonly delicate: number;
  readonly #types: readonly SpanType[];
  readonly #remaining: readonly number[];
  readonly #open: readonly number[];
  readonly #known: Map<string, SpanStock>;
  readonly #after = new Map<number, SpanStock>();
  #placeable: ReadonlyMap<number, readonly number[]> | undefined;

  static full(types: readonly SpanType[]): SpanStock {
    const known = new Map<string, SpanStock>();
    const stock = new SpanStock(
      types,
      types.map(({ count }) => count),
      [],
      known,
    );
    known.set("", stock); // nothing leads back to it
    return stock;
  }

  private constructor(
    types: readonly SpanType[],
    remaining: readonly number[],
    open: readonly number[],
    known: Map<string, SpanStock>,
  ) {
    this.#types = types;
    this.#remaining = remaining;
    this.#open = open;
    this.#known = known;
    this.number = known.size;
    let [bytes, delicate] = [0, 0];
    remaining.forEach((count, index) => {
      bytes += count * types[index]!.bytes.length;
      if (types[index]!.kind !== "tag") delicate += count;
    });
    this.bytes = bytes;
    this.delicate = delicate;
  }

  /** Nothing remains. */
  get isDone(): boolean {
    return this.bytes === 0;
  }

  /**
   * Types of which a span may come now as tags have to nest, by the class of their first character. A closing tag closes
   * the innermost open one. Tags without a partner come where no reader would take them for the partner of another.
   */
  get placeable(): ReadonlyMap<number, readonly number[]> {
    this.#placeable ??= this.#findPlaceable();
    return this.#placeable;
  }

  #findPlaceable(): ReadonlyMap<number, readonly number[]> {
    const openNames = new Set(this.#open.map((index) => this.#types[index]!.tagName));
    const isLoneClosing = ({ role, text }: SpanType) => role === "whole" && text.startsWith("</");
    const closingNames = new Set(
      this.#types
        .filter((type, index) => this.#remaining[index]! > 0 && isLoneClosing(type))
        .map(({ tagName }) => tagName),
    );
    const innermost = this.#types[this.#open.at(-1) ?? -1]?.partner;
    const byClass = new Map<number, number[]>();
    this.#types.forEach((type, index) => {
      const { role, text, tagName } = type;
      if (this.#remaining[index] === 0) return;
      if (role === "closing" && text !== innermost) return;
      const isLone = role === "whole" && tagName !== undefined;
      if (isLone && (openNames.has(tagName) || (closingNames.has(tagName) && !isLoneClosing(type)))) return;
      const same = byClass.get(type.classes[0]!);
      if (same === undefined) byClass.set(type.classes[0]!, [index]);
      else same.push(index);
    });
    return byClass;
  }

  /** The stock without one span of a type. */
  without(index: number): SpanStock {
    const before = this.#after.get(index);
    if (before !== undefined) return before;
    const { role } = this.#types[index]!;
    const remaining = this.#remaining.map((count, at) => (at === index ? count - 1 : count));
    const open =
      role === "opening" ? [...this.#open, index] : role === "closing" ? this.#open.slice(0, -1) : this.#open;
    const name = `${remaining.join()};${open.join()}`;
    let stock = this.#known.get(name);
    if (stock === undefined) {
      stock = new SpanStock(this.#types, remaining, open, this.#known);
      this.#known.set(name, stock);
    }
    this.#after.set(index, stock);
    return stock;
  }
}
