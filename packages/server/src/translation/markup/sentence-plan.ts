import { segmentText } from "@bayling/core/interaction";
import type { OutlineItem, OutlineTag, OutlineText } from "./markup-outline.ts";

/**
 * Where sentences end. `lines`: also at each line break; `sentences`: a line break is as good as a space; `nothing`:
 * nowhere.
 */
export type SentenceSplitting = "lines" | "sentences" | "nothing";

/** A sentence with the tags in it, which nest: something to translate by itself. */
export interface PlannedSentence {
  readonly kind: "sentence";
  /** They hold letters, and begin and end with something else than white space. */
  readonly items: readonly OutlineItem[];
}

/** White space between two sentences, which languages use differently. */
export interface SentenceGap {
  readonly kind: "gap";
  readonly text: string;
}

/** Texts and tags outside of sentences stay as they are. */
export type PlanPart = PlannedSentence | SentenceGap | OutlineText | OutlineTag;

/** Items from `start` to before `end`, among which tags nest. */
interface Range {
  readonly kind: "range";
  readonly start: number;
  readonly end: number;
  /** How many tags are open around them. */
  readonly depth: number;
  /** Another sentence follows in the same run. */
  readonly isFollowed: boolean;
}

interface Run {
  readonly items: readonly OutlineItem[];
  /** By opening tag: its closing tag. */
  readonly closing: ReadonlyMap<number, number>;
  /** By how many tags are open there: before which items sentences begin. */
  readonly starts: ReadonlyMap<number, readonly number[]>;
  readonly splitting: SentenceSplitting;
}

/**
 * Cuts what an outline holds into sentences. Tags around whole sentences and at their ends stay outside of them, so that
 * whoever translates a sentence has to place none but those within.
 * Works run by run, as parts are asked for.
 * @param language of the text, BCP-47
 */
export function* planSentences(
  outline: readonly OutlineItem[],
  splitting: SentenceSplitting,
  language: string,
): Generator<PlanPart> {
  let items: OutlineItem[] = [];
  for (const item of outline) {
    if (item.kind === "border") {
      yield* planRun(items, splitting, language);
      items = [];
      yield item;
    } else if (item.kind === "text") items.push(...withSpacesApart(item.text));
    else items.push(item);
  }
  yield* planRun(items, splitting, language);
}

function* planRun(whole: readonly OutlineItem[], splitting: SentenceSplitting, language: string): Generator<PlanPart> {
  if (whole.length === 0) return;
  const text = whole.map((item) => (item.kind === "text" ? item.text : "")).join("");
  const offsets = new Set(splitting === "nothing" ? [] : sentenceOffsets(text, splitting, language));
  const items = cutAt(whole, offsets);
  const run: Run = { items, closing: closingOf(items), starts: startsOf(items, offsets), splitting };
  // A stack, not recursion: what comes first lies on top.
  const todo: (Range | PlanPart)[] = [{ kind: "range", start: 0, end: items.length, depth: 0, isFollowed: false }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next.kind !== "range") yield next;
    else for (const part of openRange(next, run).reverse()) todo.push(part);
  }
}

/** One step: tags and white space at the ends come off, then the pair around all, then sentences are parted. */
function openRange(
  { start, end, depth, isFollowed }: Range,
  { items, closing, starts, splitting }: Run,
): (Range | PlanPart)[] {
  let [first, last] = [start, end];
  while (first < last && isLoose(items[first]!)) first++;
  while (first < last && isLoose(items[last - 1]!)) last--;
  const before: PlanPart[] = items.slice(start, first);
  const after: PlanPart[] = items.slice(last, end);
  if (first === last) return [...before, ...after];
  const space = isFollowed ? after.findIndex(({ kind }) => kind === "text") : -1;
  if (space >= 0) after[space] = { kind: "gap", text: (after[space] as OutlineText).text };
  // Without white space behind it, the sentence that is last in what it holds has to bring some.
  const needsGap = isFollowed && space < 0;
  if (closing.get(first) === last - 1) {
    const within: Range = { kind: "range", start: first + 1, end: last - 1, depth: depth + 1, isFollowed: needsGap };
    return [...before, items[first]!, within, items[last - 1]!, ...after];
  }
  const borders = between(starts.get(depth) ?? [], first, last);
  if (borders.length > 0) {
    const sentences = [...borders, last].map((end, index): Range => {
      return { kind: "range", start: borders[index - 1] ?? first, end, depth, isFollowed: end !== last || needsGap };
    });
    return [...before, ...sentences, ...after];
  }
  const held = items.slice(first, last);
  const gap: PlanPart[] = needsGap ? [{ kind: "gap", text: "" }] : [];
  if (!held.some((item) => item.kind === "text" && /\p{L}/u.test(item.text)))
    return [...before, ...held, ...gap, ...after];
  const sentence = splitting === "sentences" ? held.map(joinLines) : held;
  return [...before, { kind: "sentence", items: sentence }, ...gap, ...after];
}

/** Of rising numbers, those between two others. */
function between(numbers: readonly number[], low: number, high: number): readonly number[] {
  const firstFrom = (limit: number) => {
    let [from, to] = [0, numbers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (numbers[middle]! < limit) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  return numbers.slice(firstFrom(low + 1), firstFrom(high));
}

/** A text as up to three items, the outer ones of white space. */
function withSpacesApart(text: string): OutlineText[] {
  const content = text.trim();
  const start = text.indexOf(content);
  const pieces = content === "" ? [text] : [text.slice(0, start), content, text.slice(start + content.length)];
  return pieces.filter((piece) => piece !== "").map((piece) => ({ kind: "text", text: piece }));
}

function isLoose(item: OutlineItem): boolean {
  return item.kind === "mark" || (item.kind === "text" && item.text.trim() === "");
}

const lineBreak = /[\n\r\u0085\u2028\u2029]/;

function joinLines(item: OutlineItem): OutlineItem {
  if (item.kind !== "text") return item;
  return { kind: "text", text: item.text.replace(/[\s\u0085]+/g, (space) => (lineBreak.test(space) ? " " : space)) };
}

/** Where the second and all later sentences of a text begin. */
function sentenceOffsets(text: string, splitting: SentenceSplitting, language: string): number[] {
  // Most runs are short, and a segmenter is dear.
  if (!/[\p{Sentence_Terminal}\n\r\u0085\u2028\u2029]./su.test(text.trim())) return [];
  const lines = splitting === "sentences" ? text.replace(new RegExp(lineBreak, "g"), " ") : text;
  const { lead, segments } = segmentText(lines, language);
  let offset = lead.length;
  return segments.map((segment) => (offset += segment.text.length + segment.separator.length)).slice(0, -1);
}

/** Items of which none goes on beyond one of the places of their text. */
function cutAt(items: readonly OutlineItem[], offsets: ReadonlySet<number>): OutlineItem[] {
  const borders = [...offsets];
  let offset = 0;
  let next = 0;
  return items.flatMap((item): OutlineItem[] => {
    if (item.kind !== "text") return [item];
    const begin = offset;
    offset += item.text.length;
    const cuts = [begin];
    for (; next < borders.length && borders[next]! < offset; next++)
      if (borders[next]! > begin) cuts.push(borders[next]!);
    return cuts.flatMap((cut, index) =>
      withSpacesApart(item.text.slice(cut - begin, (cuts[index + 1] ?? offset) - begin)),
    );
  });
}

function closingOf(items: readonly OutlineItem[]): ReadonlyMap<number, number> {
  const open: number[] = [];
  const closing = new Map<number, number>();
  for (const [index, { kind }] of items.entries()) {
    if (kind === "opening") open.push(index);
    if (kind === "closing") closing.set(open.pop()!, index);
  }
  return closing;
}

/** For each place of the text the item before which it lies; among tags, where fewest are open. */
function startsOf(items: readonly OutlineItem[], offsets: ReadonlySet<number>): Run["starts"] {
  const starts = new Map<number, { readonly index: number; readonly depth: number }>();
  let [offset, depth] = [0, 0];
  for (const [index, item] of items.entries()) {
    if (offsets.has(offset) && depth < (starts.get(offset)?.depth ?? Number.POSITIVE_INFINITY)) {
      starts.set(offset, { index, depth });
    }
    if (item.kind === "text") offset += item.text.length;
    else depth += item.kind === "opening" ? 1 : item.kind === "closing" ? -1 : 0;
  }
  const byDepth = new Map<number, number[]>();
  for (const start of starts.values()) {
    const same = byDepth.get(start.depth);
    if (same === undefined) byDepth.set(start.depth, [start.index]);
    else same.push(start.index);
  }
  return byDepth;
}
