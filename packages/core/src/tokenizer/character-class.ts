/**
 * What the pre-tokenizers ask of a character: letter (`\p{L}`), number (`\p{N}`), white space (`\p{White_Space}`, which
 * unlike JavaScript's `\s` has U+0085 and lacks U+FEFF), mark (`\p{M}`), or anything else.
 */
export const LETTER: number = 1;
export const NUMBER: number = 2;
export const SPACE: number = 3;
export const OTHER: number = 4;
export const MARK: number = 5;

const PAGE_SIZE = 256;

/** Class of each code point; 0 where the page has not been asked for yet. */
const classes: Uint8Array = new Uint8Array(0x110000);

/** The class of a code point. A lone surrogate is OTHER, as the U+FFFD is that it will be encoded as. */
export function characterClass(codePoint: number): number {
  return classes[codePoint] || classifyPage(codePoint);
}

/** Asks the engine's own Unicode tables, one page at a time: most texts touch few. */
function classifyPage(codePoint: number): number {
  const start = codePoint - (codePoint % PAGE_SIZE);
  classes.fill(OTHER, start, start + PAGE_SIZE);
  // Surrogates would pair up in a string of the whole page.
  if (start < 0xd800 || start >= 0xe000) {
    let page = "";
    for (let offset = 0; offset < PAGE_SIZE; offset++) page += String.fromCodePoint(start + offset);
    const width = start < 0x10000 ? 1 : 2;
    mark(page, /\p{L}+/gu, LETTER, start, width);
    mark(page, /\p{N}+/gu, NUMBER, start, width);
    mark(page, /\p{White_Space}+/gu, SPACE, start, width);
    mark(page, /\p{M}+/gu, MARK, start, width);
  }
  return classes[codePoint]!;
}

function mark(page: string, pattern: RegExp, value: number, start: number, width: number): void {
  for (const match of page.matchAll(pattern)) {
    classes.fill(value, start + match.index / width, start + (match.index + match[0].length) / width);
  }
}
