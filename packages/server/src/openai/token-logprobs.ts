import type { GeneratedToken, Tokenizer } from "@bayling/core";

/** The spelling and the bytes of a token, which may be half a character. */
function describe(tokenizer: Tokenizer, token: number, logprob: number): object {
  if (token >= tokenizer.vocabularySize) return { token: "", logprob: finite(logprob), bytes: [] };
  const bytes = tokenizer.tokenBytes(token);
  const text = bytes.length === 0 ? tokenizer.tokenText(token) : new TextDecoder().decode(bytes);
  return { token: text, logprob: finite(logprob), bytes: Array.from(bytes) };
}

/** JSON has no infinities; OpenAI's value for what cannot come. */
function finite(logprob: number): number {
  return Math.max(logprob, -9999);
}

/** `choices[].logprobs` of a chat. */
export function chatLogprobs(tokens: readonly GeneratedToken[], tokenizer: Tokenizer): object {
  const content = tokens.map(({ token, logprob, alternatives = [] }) => ({
    ...describe(tokenizer, token, logprob!),
    top_logprobs: alternatives.map((each) => describe(tokenizer, each.token, each.logprob)),
  }));
  return { content, refusal: null };
}

/** `choices[].logprobs` of a completion. @param offset characters of the text in front of the first token */
export function completionLogprobs(tokens: readonly GeneratedToken[], offset: number): object {
  let place = offset;
  const offsets = tokens.map(({ text }) => {
    const start = place;
    place += text.length;
    return start;
  });
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => finite(logprob!)),
    top_logprobs: tokens.map(({ alternatives = [] }) =>
      Object.fromEntries(alternatives.map(({ text, logprob }) => [text, finite(logprob)])),
    ),
    text_offset: offsets,
  };
}
