import { characterClass, LETTER, MARK, NUMBER, OTHER, SPACE } from "./character-class.ts";
import type { WordBoundaries } from "./word-boundaries.ts";

/** Cuts `text` from `start` to `end` into words: pushes the end of each, in order, the last being `end`. */
export type WordScanner = (text: string, start: number, end: number, ends: WordBoundaries) => void;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const APOSTROPHE = 0x27;

/**
 * GPT-2's pattern (Radford et al. 2019), written out:
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
 */
export function scanGpt2Words(text: string, start: number, end: number, ends: WordBoundaries): void {
  for (let position = start; position < end; ) {
    let next = contractionEnd(text, position, end, false);
    if (next === position) {
      const first = text.charCodeAt(position) === BLANK && position + 1 < end ? position + 1 : position;
      const wanted = plainClassAt(text, first, end);
      next =
        wanted === SPACE ? spaceEnd(text, position, end) : runEnd(text, first, end, wanted, Number.POSITIVE_INFINITY);
    }
    ends.push(next);
    position = next;
  }
}

/**
 * The pattern of GPT-4's cl100k and its children, written out, with `digits` numbers at most in one word:
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
 * With `marks`, `\p{M}` counts as letter, as Qwen 3.5 has it: `[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+`, `[^\s\p{L}\p{M}\p{N}]+`.
 */
export function cl100kScanner(digits: number, marks: boolean): WordScanner {
  const classAt = marks ? markedClassAt : plainClassAt;
  return (text, start, end, ends) => {
    for (let position = start; position < end; ) {
      let next = contractionEnd(text, position, end, true);
      if (next === position) next = cl100kWordEnd(text, position, end, digits, classAt);
      ends.push(next);
      position = next;
    }
  };
}

type ClassAt = (text: string, position: number, end: number) => number;

function cl100kWordEnd(text: string, position: number, end: number, digits: number, classAt: ClassAt): number {
  const unit = text.charCodeAt(position);
  const first = classAt(text, position, end);
  if (first === NUMBER) return runEnd(text, position, end, NUMBER, digits, classAt);
  if (first === LETTER) return runEnd(text, position, end, LETTER, Number.POSITIVE_INFINITY, classAt);
  const second = position + widthAt(text, position, end);
  const following = second < end ? classAt(text, second, end) : 0;
  if (following === LETTER && unit !== LINE_FEED && unit !== CARRIAGE_RETURN) {
    return runEnd(text, second, end, LETTER, Number.POSITIVE_INFINITY, classAt);
  }
  if (first === OTHER || (unit === BLANK && following === OTHER)) {
    let next = runEnd(text, first === OTHER ? position : second, end, OTHER, Number.POSITIVE_INFINITY, classAt);
    while (next < end && isLineEnd(text.charCodeAt(next))) next++;
    return next;
  }
  let afterLineEnd = position;
  let next = position;
  for (; next < end && classAt(text, next, end) === SPACE; next++) {
    if (isLineEnd(text.charCodeAt(next))) afterLineEnd = next + 1;
  }
  if (afterLineEnd > position) return afterLineEnd;
  return next < end && next - position > 1 ? next - 1 : next;
}

/** Before each space that follows something else: where no token of a SentencePiece vocabulary reaches across. */
export function scanSpacedWords(text: string, start: number, end: number, ends: WordBoundaries): void {
  let spaceBefore = true;
  for (let position = start; position < end; position++) {
    const unit = text.charCodeAt(position);
    const space = unit === BLANK || unit === 0x2581;
    if (space && !spaceBefore) ends.push(position);
    spaceBefore = space;
  }
  if (start < end) ends.push(end);
}

/** Before every space (Metaspace with `split`). */
export function scanSingleSpacedWords(text: string, start: number, end: number, ends: WordBoundaries): void {
  for (let position = start + 1; position < end; position++) {
    const unit = text.charCodeAt(position);
    if (unit === BLANK || unit === 0x2581) ends.push(position);
  }
  if (start < end) ends.push(end);
}

export function scanWholeText(_text: string, start: number, end: number, ends: WordBoundaries): void {
  if (start < end) ends.push(end);
}

/** Cuts at each match of a pattern (flags `gu`): matches are words, and so is what lies between them. */
export function patternScanner(pattern: RegExp): WordScanner {
  return (text, start, end, ends) => {
    const part = start === 0 && end === text.length ? text : text.slice(start, end);
    let last = 0;
    for (const match of part.matchAll(pattern)) {
      if (match[0].length === 0) continue;
      if (match.index > last) ends.push(start + match.index);
      last = match.index + match[0].length;
      ends.push(start + last);
    }
    if (last < part.length) ends.push(end);
  };
}

/** Each scanner cuts the words of the one before it. */
export function sequenceScanner(scanners: readonly [WordScanner, ...WordScanner[]]): WordScanner {
  const [scan, ...rest] = scanners;
  const [second, ...others] = rest;
  if (second === undefined) return scan;
  const scanRest = sequenceScanner([second, ...others]);
  return (text, start, end, ends) => {
    const words: number[] = [];
    const before = ends.length;
    scan(text, start, end, ends);
    for (let index = before; index < ends.length; index++) words.push(ends.at(index));
    ends.length = before;
    let from = start;
    for (const to of words) {
      scanRest(text, from, to, ends);
      from = to;
    }
  };
}

function contractionEnd(text: string, position: number, end: number, anyCase: boolean): number {
  if (text.charCodeAt(position) !== APOSTROPHE || position + 1 >= end) return position;
  // Only ASCII folds: U+017F is no s here.
  const fold = anyCase ? 0x20 : 0;
  const first = foldLetter(text.charCodeAt(position + 1), fold);
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return position + 2;
  if (position + 2 >= end) return position;
  const second = foldLetter(text.charCodeAt(position + 2), fold);
  const pair = (first === 0x72 || first === 0x76) && second === 0x65;
  return pair || (first === 0x6c && second === 0x6c) ? position + 3 : position;
}

function foldLetter(unit: number, fold: number): number {
  return unit >= 0x41 && unit <= 0x5a ? unit | fold : unit;
}

/** `\s+(?!\S)|\s+`: all of a run of spaces, but for its last one when a word follows. */
function spaceEnd(text: string, position: number, end: number): number {
  let next = position;
  while (next < end && plainClassAt(text, next, end) === SPACE) next++;
  return next < end && next - position > 1 ? next - 1 : next;
}

function runEnd(
  text: string,
  position: number,
  end: number,
  wanted: number,
  most: number,
  classAt: ClassAt = plainClassAt,
): number {
  let next = position;
  for (let count = 0; next < end && count < most && classAt(text, next, end) === wanted; count++) {
    next += widthAt(text, next, end);
  }
  return next;
}

function isLineEnd(unit: number): boolean {
  return unit === LINE_FEED || unit === CARRIAGE_RETURN;
}

function codePointAt(text: string, position: number, end: number): number {
  const unit = text.charCodeAt(position);
  if (unit < 0xd800 || unit >= 0xdc00 || position + 1 >= end) return unit;
  const low = text.charCodeAt(position + 1);
  return low >= 0xdc00 && low < 0xe000 ? (unit - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000 : unit;
}

function widthAt(text: string, position: number, end: number): number {
  return codePointAt(text, position, end) > 0xffff ? 2 : 1;
}

function plainClassAt(text: string, position: number, end: number): number {
  const found = characterClass(codePointAt(text, position, end));
  return found === MARK ? OTHER : found;
}

function markedClassAt(text: string, position: number, end: number): number {
  const found = characterClass(codePointAt(text, position, end));
  return found === MARK ? LETTER : found;
}
