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

/**
 * Words of a text with the probabilities of their tokens.
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
  /** Characters that the tokens spell in front of the translation: 1 where they begin with a space, 0 otherwise. */
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
  const { prompt, text, language, leadingSpace, written } = request;
  // Another word behind the last one makes all tokens before it final.
  const ids = written ?? splitPrefix(tokenizer, `${text} .`, { leadingSpace }).tokens;
  const tokens = await scoreText(sequence, tokenizer, prompt, ids, request);
  const decoder = tokenizer.createDecoder();
  const whole = ids.map((token) => decoder.push(token)).join("") + decoder.flush();
  const offset = Math.max(0, whole.indexOf(text));
  return { words: scoreWords(text, language, tokens, tokenSpans(tokenizer, ids), offset), tokens, offset, prompt };
}
