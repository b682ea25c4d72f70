import { splitPrefix } from "../generation/constraints/keep-prefix.ts";
import { type ScoredToken, type ScoreTextOptions, scoreText } from "../generation/score-text.ts";
import type { Sequence } from "../generation/sequence.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** A word of a translation, and how sure the model is of it. */
export interface WordScore {
  readonly text: string;
  /** Where it stands in the translation, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Natural logarithm of the probability of all tokens that it has a part in. */
  readonly logprob: number;
  /** Of its least probable token, 0 … 1: what to tint a word by. */
  readonly confidence: number;
  /** Its tokens: from `firstToken` to before `endToken`. */
  readonly firstToken: number;
  readonly endToken: number;
}

/** Where the tokens of a text begin and end, in UTF-16 units; of a character in several tokens the last has it. */
export function tokenSpans(tokenizer: Tokenizer, tokens: readonly number[]): { start: number; end: number }[] {
  const decoder = tokenizer.createDecoder();
  let end = 0;
  return tokens.map((token, index) => {
    const start = end;
    end += decoder.push(token).length + (index === tokens.length - 1 ? decoder.flush().length : 0);
    return { start, end };
  });
}

/** The text of tokens that continue a text: nothing of it is taken away. */
export function spellTokens(tokenizer: Tokenizer, tokens: readonly number[]): string {
  const decoder = tokenizer.createDecoder();
  return tokens.map((token) => decoder.push(token)).join("") + decoder.flush();
}

/**
 * Words of a text with the probabilities of their tokens. Words that no token has a part in are left out: nothing is known
 * of them.
 * @param text the text of the tokens from `offset` on
 * @param language BCP-47
 */
export function scoreWords(
  text: string,
  language: string,
  tokens: readonly ScoredToken[],
  spans: readonly { readonly start: number; readonly end: number }[],
  offset: number,
): WordScore[] {
  const words: WordScore[] = [];
  let firstToken = 0;
  for (const { segment, index, isWordLike } of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) {
    if (isWordLike !== true) continue;
    const [start, end] = [index + offset, index + offset + segment.length];
    while (firstToken < spans.length && spans[firstToken]!.end <= start) firstToken++;
    let endToken = firstToken;
    while (endToken < spans.length && spans[endToken]!.start < end) endToken++;
    if (endToken === firstToken) continue;
    // Tokens in front that hold nothing but the first bytes of its first character are part of it.
    while (firstToken > 0 && spans[firstToken - 1]!.start === spans[firstToken - 1]!.end) firstToken--;
    const logprobs = tokens.slice(firstToken, endToken).map(({ logprob }) => logprob);
    words.push({
      ...{ text: segment, start: index, end: index + segment.length, firstToken, endToken },
      logprob: logprobs.reduce((sum, logprob) => sum + logprob, 0),
      confidence: Math.exp(Math.min(0, ...logprobs)),
    });
  }
  return words;
}

export interface TranslationScores {
  readonly words: readonly WordScore[];
  readonly tokens: readonly ScoredToken[];
  /** UTF-16 units that the tokens spell in front of the translation: a space, or words that were cut off. */
  readonly offset: number;
  readonly prompt: readonly number[];
}

/** Scores a translation after its prompt. */
export async function scoreTranslation(
  sequence: Sequence,
  tokenizer: Tokenizer,
  request: ScoreTextOptions & {
    readonly prompt: readonly number[];
    readonly text: string;
    /** BCP-47. */
    readonly language: string;
    readonly leadingSpace: boolean;
    /** The tokens of the text, where the model wrote it. */
    readonly written: readonly number[] | undefined;
  },
): Promise<TranslationScores> {
  const { prompt, text, language } = request;
  const { ids, offset } = tokensOf(tokenizer, request);
  const tokens = await scoreText(sequence, tokenizer, prompt, ids, request);
  return { words: scoreWords(text, language, tokens, tokenSpans(tokenizer, ids), offset), tokens, offset, prompt };
}

/** Tokens of a translation, and where in what they spell it begins. */
function tokensOf(
  tokenizer: Tokenizer,
  request: {
    readonly text: string;
    readonly leadingSpace: boolean;
    readonly written: readonly number[] | undefined;
  },
): { readonly ids: readonly number[]; readonly offset: number } {
  const { text, leadingSpace, written } = request;
  // What the model wrote may have been changed since: lines joined, names put in. The translation is the last of it.
  const writtenOffset = written === undefined ? -1 : spellTokens(tokenizer, written).lastIndexOf(text);
  if (written !== undefined && writtenOffset >= 0) return { ids: written, offset: writtenOffset };
  // Another word behind the last one makes all tokens before it final.
  const split = splitPrefix(tokenizer, `${text} .`, { leadingSpace }).tokens;
  const splitOffset = spellTokens(tokenizer, split).indexOf(text);
  if (splitOffset >= 0) return { ids: split, offset: splitOffset };
  // The tokenizer changes the text, mostly in place: what it adds, it adds in front.
  const ids = tokenizer.encode(text, { addBos: false });
  return { ids, offset: Math.max(0, spellTokens(tokenizer, ids).length - text.length) };
}
