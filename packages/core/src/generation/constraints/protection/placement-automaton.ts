import type { CharacterAutomaton } from "../characters/character-automaton.ts";
import type { CharacterClasses } from "../characters/character-classes.ts";
import { type CharacterTraits, spanCharacterClasses } from "./character-traits.ts";
import type { ProtectedKind, ProtectedSpan } from "./protected-spans.ts";
import { mayPlace, place, type SpanStock, type SpanType, spanType, typesOf } from "./span-stock.ts";
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
interface Reading extends SpanStock {
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
  readonly #distances = new Map<string, number>();
  readonly #space: CharacterTraits;

  constructor(source: string, spans: readonly ProtectedSpan[], kinds: ReadonlySet<ProtectedKind>) {
    const types = typesOf(spans);
    const { classes, traits } = spanCharacterClasses(types.map(({ span }) => span.text));
    this.classes = classes;
    this.types = types.map((type) => spanType(type, classes));
    this.requiredBytes = this.types.reduce((sum, { bytes, count }) => sum + bytes.length * count, 0);
    this.#traits = traits;
    this.#kinds = kinds;
    this.#space = traits[classes.classOf(0x20)]!;
    const remaining = this.types.map(({ count }) => count);
    const loose = looseSigns(source, spans);
    this.start = this.#numberOf([{ remaining, open: [], context: emptyContext, loose, candidates: [], written: 0 }]);
  }

  step(state: number, characterClass: number): number {
    const next = this.#states[state]!.flatMap((reading) => this.#read(reading, characterClass));
    return next.length === 0 ? -1 : this.#numberOf(next);
  }

  mayEnd(state: number): boolean {
    return this.#states[state]!.some((reading) => reading.candidates.length === 0 && isDone(reading));
  }

  bytesToEnd(state: number): number {
    return Math.min(...this.#states[state]!.flatMap((reading) => this.#bytesToEach(reading)));
  }

  /** Bytes of spans that have been written, in the reading that has most of them. */
  writtenBytes(state: number): number {
    const written = this.#states[state]!.map(({ remaining, candidates, written }) => {
      const missing = remaining.reduce((sum, count, index) => sum + count * this.types[index]!.bytes.length, 0);
      const begun = candidates.length === 0 ? 0 : (this.types[candidates[0]!]!.offsets[written] ?? 0);
      return this.requiredBytes - missing + begun;
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
    const begun = this.#readSpan(reading, this.#beginnings(reading), characterClass);
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
      const stock = place(this.types, reading, index);
      next.push({ ...reading, ...stock, context: afterSpan(context, kind, text), candidates: [], written: 0 });
    }
    return next;
  }

  /** Types of spans whose first character may come here. */
  #beginnings({ context, remaining, open }: Reading): number[] {
    return [...this.types.keys()].filter((index) => {
      const { kind, text, classes } = this.types[index]!;
      const first = this.#traits[classes[0]!]!;
      if (isRefused(context, first, this.#kinds) || !mayBegin(context, kind, text)) return false;
      return mayPlace(this.types, { remaining, open }, index);
    });
  }

  /** Bytes to an end, one for each span that may be being written. */
  #bytesToEach(reading: Reading): number[] {
    const { candidates, written } = reading;
    if (candidates.length === 0) return [this.#distance(reading)];
    return candidates.map((index) => {
      const { bytes, offsets } = this.types[index]!;
      return bytes.length - offsets[written]! + this.#distance(this.#placed(reading, index, written));
    });
  }

  #placed(reading: Reading, index: number, from: number): Reading {
    const { classes, kind, text } = this.types[index]!;
    let { context } = reading;
    for (const characterClass of classes.slice(from)) context = withinSpan(context, this.#traits[characterClass]!);
    const stock = place(this.types, reading, index);
    return { ...reading, ...stock, context: afterSpan(context, kind, text), candidates: [], written: 0 };
  }

  /**
   * Bytes of a text that places all that remains, one span after the other, with a space where two would run together.
   * Another order may save some of these spaces; to find the best is a travelling salesman's problem.
   */
  #distance(reading: Reading): number {
    const passed: string[] = [];
    const costs: number[] = [];
    let known = 0;
    for (let at = reading; !isDone(at); ) {
      const name = nameOf(at);
      const before = this.#distances.get(name);
      if (before !== undefined) {
        known = before;
        break;
      }
      const index = this.#beginnings(at)[0];
      passed.push(name);
      costs.push(index === undefined ? 1 : this.types[index]!.bytes.length);
      at =
        index === undefined ? { ...at, context: afterCharacter(at.context, this.#space) } : this.#placed(at, index, 0);
    }
    for (let step = passed.length - 1; step >= 0; step--) {
      known += costs[step]!;
      this.#distances.set(passed[step]!, known);
    }
    return known;
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

function isDone({ remaining }: Reading): boolean {
  return remaining.every((count) => count === 0);
}

function nameOf({ remaining, open, context, loose, candidates, written }: Reading): string {
  const flags = Object.values(context).map((value) => (typeof value === "boolean" ? Number(value) : value));
  return [
    remaining.join(","),
    open.join(","),
    flags.join(","),
    Object.values(loose).join(","),
    candidates.join(","),
    written,
  ].join(";");
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
