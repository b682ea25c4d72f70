import { chineseParts, isChineseSuffix } from "./chinese-parts.ts";

/** A word of a text; marks and spaces are none. */
export interface Token {
  /** As it is written. */
  readonly text: string;
  /** Where it stands, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** Runs of letters and digits. A hyphen, an apostrophe or a separator of digits joins what stands on both its sides. */
const spacedWord = /\p{Nd}+(?:[.,:]\p{Nd}+)*|[\p{L}\p{M}\p{N}]+(?:[-'’‐‑][\p{L}\p{M}\p{N}]+)*/gu;

/** What English writes together with the word before: I'm, don't, Tom's. */
const clitic = /(?:n['’]t|['’](?:m|re|ve|ll|s|d))$/iu;

const unspacedScript = /[\p{Script=Han}\p{Script=Hira}\p{Script=Kana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

const segmenters = new Map<string, Intl.Segmenter>();

/**
 * Words as an aligner wants them: runs of letters, with English clitics apart. Scripts without spaces are cut by the
 * dictionary of the runtime's ICU (`Intl.Segmenter`), so what is made of such a text is the same under one version of ICU.
 * @param language BCP 47
 */
export function tokenize(text: string, language: string): readonly Token[] {
  const key = `${language}\t${text}`;
  let tokens = recent.get(key);
  if (tokens === undefined) {
    tokens = unspacedScript.test(text) ? segmented(text, language) : spaced(text, language);
    if (recent.size >= mostRecent) recent.clear();
    recent.set(key, tokens);
  }
  return tokens;
}

/** A dialogue asks for the words of the same few texts again and again. */
const recent = new Map<string, readonly Token[]>();
const mostRecent = 2048;

function spaced(text: string, language: string): Token[] {
  const tokens: Token[] = [];
  const isEnglish = language.startsWith("en");
  for (const { 0: word, index } of text.matchAll(spacedWord)) {
    const split = isEnglish ? clitic.exec(word)?.index : undefined;
    if (split === undefined || split === 0) {
      tokens.push({ text: word, start: index, end: index + word.length });
      continue;
    }
    tokens.push({ text: word.slice(0, split), start: index, end: index + split });
    tokens.push({ text: word.slice(split), start: index + split, end: index + word.length });
  }
  return tokens;
}

function segmented(text: string, language: string): Token[] {
  let segmenter = segmenters.get(language);
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(language, { granularity: "word" });
    segmenters.set(language, segmenter);
  }
  const tokens: Token[] = [];
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true) continue;
    let start = index;
    const isChinese = language.startsWith("zh");
    const last = tokens.at(-1);
    if (isChinese && last?.end === index && isChineseSuffix(segment, last.text)) {
      tokens[tokens.length - 1] = { text: last.text + segment, start: last.start, end: index + segment.length };
      continue;
    }
    for (const part of isChinese ? chineseParts(segment) : [segment]) {
      tokens.push({ text: part, start, end: start + part.length });
      start += part.length;
    }
  }
  return tokens;
}

/** A token as the aligner counts it: without letter case, one apostrophe. */
export function folded(word: string): string {
  const lower = word.toLowerCase();
  return lower.includes("’") ? lower.replaceAll("’", "'") : lower;
}
