import { invalidArgument } from "../check-argument.ts";
import type { ScoredToken } from "../generation/score-text.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { TranslationModel } from "./translation-model.ts";
import { spellTokens, tokenSpans, type WordScore } from "./word-scores.ts";

/** Another word at a place of a translation. */
export interface WordAlternative {
  /** The word; what stood in front of the old one within the same token, such as a space, is left out. */
  readonly text: string;
  /** The translation up to and with the word: to be kept when it is taken. */
  readonly prefix: string;
  /** 0 … 1: of the token that it begins with. */
  readonly probability: number;
}

/** Tokens in which a word should be complete. */
const longestWord = 8;
/** How many words are completed at the same time, where the model can hold so many sequences. */
const mostAtOnce = 4;
/** Sequences that a session has of its own: for its turns, and for suggestions. */
const sessionSequences = 2;

/**
 * How many words are asked for. To be called before anything is computed from the number.
 * @throws BayLingError `argument-invalid`
 */
export function checkAlternativesCount(count: unknown): asserts count is number {
  if (!Number.isSafeInteger(count) || (count as number) < 0) {
    throw invalidArgument("count", "an integer from 0 on", count);
  }
}

/**
 * The most probable words at the place of another one: each begins with one of the model's best tokens there and is completed
 * greedily.
 * @param request `tokens` of the translation, with alternatives
 * @throws BayLingError `argument-invalid` for a count that is none, as `model.generate`; the signal's reason
 */
export async function wordAlternatives(
  model: TranslationModel,
  request: {
    readonly prompt: readonly number[];
    readonly tokens: readonly ScoredToken[];
    readonly word: WordScore;
    /** The translation. */
    readonly text: string;
    /** Characters that its tokens spell in front of it. */
    readonly offset: number;
    readonly language: string;
    readonly count: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<WordAlternative[]> {
  const { prompt, tokens, word, text, offset, language, count, signal } = request;
  checkAlternativesCount(count);
  const ids = tokens.map(({ token }) => token);
  const span = tokenSpans(model.tokenizer, ids)[word.firstToken];
  if (span === undefined) return [];
  const before = ids.slice(0, word.firstToken);
  // What the first token has of the text in front of the word: a space, as a rule.
  const lead = spellTokens(model.tokenizer, ids).slice(span.start, word.start + offset);
  const segmenter = new Intl.Segmenter(language, { granularity: "word" });
  const complete = async (candidate: ScoredToken["alternatives"][number]): Promise<WordAlternative | undefined> => {
    const decoder = model.tokenizer.createDecoder();
    for (const token of before) decoder.push(token);
    let written = decoder.push(candidate.token);
    const find = () => firstWord(segmenter, written, lead);
    if (find() === undefined) {
      const generation = model.generate([...prompt, ...before, candidate.token], { maxTokens: longestWord, signal });
      for await (const { token } of generation) {
        written += decoder.push(token);
        if (find() !== undefined) break;
      }
      written += decoder.flush();
    }
    const found = find() ?? lastWord(segmenter, written, lead);
    if (found === undefined) return undefined;
    return { text: found, prefix: text.slice(0, word.start) + found, probability: Math.exp(candidate.logprob) };
  };
  const candidates = tokens[word.firstToken]!.alternatives.filter(({ token }) => standsForText(model.tokenizer, token));
  const atOnce = Math.max(1, Math.min(mostAtOnce, model.capabilities.maxSequences - sessionSequences));
  const found = new Map<string, WordAlternative>();
  for (let first = 0; first < candidates.length && found.size < count; first += atOnce) {
    for (const alternative of await Promise.all(candidates.slice(first, first + atOnce).map(complete))) {
      if (alternative !== undefined && !found.has(alternative.text)) found.set(alternative.text, alternative);
    }
  }
  return [...found.values()].slice(0, count);
}

/** Whether words can begin with a token: not with those that end, begin or structure a text, nor with what has no spelling. */
function standsForText(tokenizer: Tokenizer, token: number): boolean {
  if (token >= tokenizer.vocabularySize || token === tokenizer.unknownToken) return false;
  return !tokenizer.isControl(token) && !tokenizer.endTokens.has(token);
}

/** The first word behind the lead, once something stands behind the word. */
function firstWord(segmenter: Intl.Segmenter, written: string, lead: string): string | undefined {
  const words = wordsOf(segmenter, written, lead);
  return words.length > 1 ? words[0] : undefined;
}

function lastWord(segmenter: Intl.Segmenter, written: string, lead: string): string | undefined {
  return wordsOf(segmenter, written, lead)[0];
}

/** Segments behind the lead; nothing where the text does not begin with it, since then no word stands at the place. */
function wordsOf(segmenter: Intl.Segmenter, written: string, lead: string): string[] {
  if (!written.startsWith(lead)) return [];
  const segments = Array.from(segmenter.segment(written.slice(lead.length)));
  return segments[0]?.isWordLike === true ? segments.map(({ segment }) => segment) : [];
}
