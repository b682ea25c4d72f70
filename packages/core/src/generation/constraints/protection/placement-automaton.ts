import type { CharacterAutomaton } from "../characters/character-automaton.ts";
import type { CharacterClasses } from "../characters/character-classes.ts";
import { type CharacterTraits, spanCharacterClasses } from "./character-traits.ts";
import type { ProtectedKind, ProtectedSpan } from "./protected-spans.ts";
import { SpanStock, type SpanType, spanType, typesOf } from "./span-stock.ts";
import {
  afterCharacter,
  afterSpan,
  emptyContext,
  isRefused,
  mayBegin,
  type TextContext,
  withinSpan,
} from "./text-context.ts";

/** One way to read a text so far. */
interface Reading {
  readonly stock: SpanStock;
  readonly context: TextContext;
  /** How many signs may still come that the source has outside of its spans: `<`, `%`, in a text with tags or entities `&`. */
  readonly loose: Readonly<Record<string, number>>;
  /** The types of the span that may be being written; none outside of spans. */
  readonly candidates: readonly number[];
  /** Characters of it that have been written. */
  readonly written: number;
}

const reserved: Partial<Record<string, ProtectedKind>> = { "{": "placeholder", "}": "placeholder", "`": "code" };
const budgeted: Partial<Record<string, ProtectedKind>> = { "<": "tag", "%": "printf", "&": "entity" };

/** Takes the texts that hold every span of a source once, as tags nest, and no other. */
export class PlacementAutomaton implements CharacterAutomaton {
  readonly classes: CharacterClasses;
  readonly start: number;
  readonly types: readonly SpanType[];
  readonly requiredBytes: number;
  readonly #traits: readonly CharacterTraits[];
  readonly #kinds: ReadonlySet<ProtectedKind>;
  readonly #states: (readonly Reading[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #space: CharacterTraits;

  constructor(source: string, spans: readonly ProtectedSpan[], kinds: ReadonlySet<ProtectedKind>) {
    const types = typesOf(spans);
    const { classes, traits } = spanCharacterClasses(types.map(({ span }) => span.text));
    this.classes = classes;
    this.types = types.map((type) => spanType(type, classes));
    this.#traits = traits;
    this.#kinds = kinds;
    this.#space = traits[classes.classOf(0x20)]!;
    const stock = SpanStock.full(this.types);
    this.requiredBytes = stock.bytes;
    const loose = looseSigns(source, spans);
    this.start = this.#numberOf([{ stock, context: emptyContext, loose, candidates: [], written: 0 }]);
  }

  step(state: number, characterClass: number): number {
    const next = this.#states[state]!.flatMap((reading) => this.#read(reading, characterClass));
    return next.length === 0 ? -1 : this.#numberOf(next);
  }

  mayEnd(state: number): boolean {
    return this.#states[state]!.some((reading) => reading.candidates.length === 0 && reading.stock.isDone);
  }

  bytesToEnd(state: number): number {
    return Math.min(...this.#states[state]!.flatMap((reading) => this.#bytesToEach(reading)));
  }

  /** Bytes of spans that have been written, in the reading that has most of them. */
  writtenBytes(state: number): number {
    const written = this.#states[state]!.map(({ stock, candidates, written }) => {
      const begun = candidates.length === 0 ? 0 : (this.types[candidates[0]!]!.offsets[written] ?? 0);
      return this.requiredBytes - stock.bytes + begun;
    });
    return Math.max(...written);
  }

  /** Spans, or rests of one that has begun; with a space before them where none may come without. */
  continuations(state: number): readonly Uint8Array[] {
    const readings = this.#states[state]!;
    const begun = readings.flatMap(({ candidates, written }) =>
      candidates.map((index) => this.types[index]!.bytes.subarray(this.types[index]!.offsets[written])),
    );
    if (begun.length > 0) return begun;
    const outside = readings.flatMap((reading) => this.#beginnings(reading).map((index) => this.types[index]!.bytes));
    if (outside.length > 0) return outside;
    return readings.flatMap((reading) => {
      const apart = { ...reading, context: afterCharacter(reading.context, this.#space) };
      return this.#beginnings(apart).map((index) => Uint8Array.of(0x20, ...this.types[index]!.bytes));
    });
  }

  #read(reading: Reading, characterClass: number): Reading[] {
    const { candidates, written, context } = reading;
    if (candidates.length > 0) return this.#readSpan(reading, candidates, characterClass);
    const traits = this.#traits[characterClass]!;
    if (isRefused(context, traits, this.#kinds)) return [];
    const begun = this.#readSpan(reading, this.#beginningWith(reading, characterClass), characterClass);
    const loose = this.#afterLoose(reading, traits);
    return loose === undefined
      ? begun
      : [...begun, { ...reading, loose, written, context: afterCharacter(context, traits) }];
  }

  /** What may still come outside of spans after a character there; undefined where it may not come. */
  #afterLoose({ loose }: Reading, { sign, isDigit }: CharacterTraits): Reading["loose"] | undefined {
    const isOn = (kind: ProtectedKind | undefined) => kind !== undefined && this.#kinds.has(kind);
    if ((isDigit && this.#kinds.has("number")) || isOn(reserved[sign])) return undefined;
    if (!isOn(budgeted[sign])) return loose;
    return loose[sign]! > 0 ? { ...loose, [sign]: loose[sign]! - 1 } : undefined;
  }

  #readSpan(reading: Reading, candidates: readonly number[], characterClass: number): Reading[] {
    const context = withinSpan(reading.context, this.#traits[characterClass]!);
    const written = reading.written + 1;
    const fitting = candidates.filter((index) => this.types[index]!.classes[reading.written] === characterClass);
    const open = fitting.filter((index) => this.types[index]!.classes.length > written);
    const next: Reading[] = open.length === 0 ? [] : [{ ...reading, context, candidates: open, written }];
    for (const index of fitting) {
      const { kind, text, classes } = this.types[index]!;
      if (classes.length > written) continue;
      const stock = reading.stock.without(index);
      next.push({ ...reading, stock, context: afterSpan(context, kind, text), candidates: [], written: 0 });
    }
    return next;
  }

  /** Types of spans that may begin here. */
  #beginnings(reading: Reading): number[] {
    return [...reading.stock.placeable.keys()].flatMap((first) => this.#beginningWith(reading, first));
  }

  /** Types of spans that may begin here with a character of a class. */
  #beginningWith({ context, stock }: Reading, first: number): number[] {
    const types = stock.placeable.get(first) ?? [];
    if (types.length === 0 || isRefused(context, this.#traits[first]!, this.#kinds)) return [];
    return types.filter((index) => mayBegin(context, this.types[index]!.kind, this.types[index]!.text));
  }

  /** Bytes to an end, one for each span that may be being written. */
  #bytesToEach(reading: Reading): number[] {
    const { candidates, written, stock } = reading;
    if (candidates.length === 0) return [this.#distance(reading)];
    return candidates.map((index) => {
      const { bytes, offsets, classes, kind, text } = this.types[index]!;
      let { context } = reading;
      for (const characterClass of classes.slice(written)) context = withinSpan(context, this.#traits[characterClass]!);
      const after = {
        ...reading,
        stock: stock.without(index),
        context: afterSpan(context, kind, text),
        candidates: [],
      };
      return bytes.length - offsets[written]! + this.#distance(after);
    });
  }

  /**
   * Bytes of a text that places all that remains, with a space before each span that may not touch all others; the first
   * of them needs none if it may begin here. Another order may save some of these spaces; to find the best is a
   * travelling salesman's problem.
   */
  #distance(reading: Reading): number {
    const { bytes, delicate } = reading.stock;
    if (delicate === 0) return bytes;
    const mayBeginHere = [...reading.stock.placeable.keys()].some((first) =>
      this.#beginningWith(reading, first).some((index) => this.types[index]!.kind !== "tag"),
    );
    return bytes + delicate - (mayBeginHere ? 1 : 0);
  }

  #numberOf(readings: readonly Reading[]): number {
    const byName = new Map(readings.map((reading) => [nameOf(reading), reading]));
    const name = [...byName.keys()].sort().join("|");
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#states.push([...byName.values()]) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

function nameOf({ stock, context, loose, candidates, written }: Reading): string {
  return `${stock.number};${contextName(context)};${Object.values(loose).join()};${candidates.join()};${written}`;
}

function contextName(context: TextContext): string {
  return Object.values(context)
    .map((value) => (typeof value === "boolean" ? Number(value) : value))
    .join();
}

/** How often the source has signs outside of its spans that are otherwise kept for them. */
function looseSigns(source: string, spans: readonly ProtectedSpan[]): Record<string, number> {
  const counts = Object.fromEntries(Object.keys(budgeted).map((sign) => [sign, 0]));
  let at = 0;
  for (const { start, end } of [...spans, { start: source.length, end: source.length }]) {
    for (const sign of source.slice(at, start)) if (counts[sign] !== undefined) counts[sign]++;
    at = end;
  }
  const isMarkup = spans.some(({ kind }) => kind === "tag" || kind === "entity");
  return isMarkup ? counts : { ...counts, "&": Infinity };
}
