import type { GenerateOptions, Model } from "@bayling/core";
import { median } from "../output/numbers.ts";
import type { BenchSizes } from "./bench-sizes.ts";

/** Seconds of every repetition. */
export interface Phase {
  readonly tokens: number;
  readonly seconds: readonly number[];
  /** Of the median repetition. */
  readonly tokensPerSecond: number;
}

export interface Measurement {
  /** Reading a prompt, up to the first token that follows it. */
  readonly prefill: Phase;
  /** Writing one token after the other. */
  readonly decode: Phase;
}

/** Seconds of one repetition. */
export interface Round {
  readonly prefill: number;
  readonly decode: number;
}

/** A model in whatever program, reading a prompt on an empty sequence and writing after it. */
export type Contestant = (prompt: readonly number[], decodeTokens: number) => Promise<Round>;

/**
 * Measures both phases of generation, after one repetition that is not counted: JavaScript is compiled while it runs.
 * @param onRepetition called before each, with its number from 0 (the one that is not counted)
 */
export async function measure(
  contestant: Contestant,
  prompt: readonly number[],
  { decodeTokens, repetitions }: BenchSizes,
  onRepetition: (repetition: number) => void,
): Promise<Measurement> {
  const rounds: Round[] = [];
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    onRepetition(repetition);
    const round = await contestant(prompt, decodeTokens);
    if (repetition > 0) rounds.push(round);
  }
  return {
    prefill: phase(
      prompt.length,
      rounds.map(({ prefill }) => prefill),
    ),
    decode: phase(
      decodeTokens,
      rounds.map(({ decode }) => decode),
    ),
  };
}

/** Generation with one of our backends. */
export function modelContestant(model: Model, options: GenerateOptions): Contestant {
  return async (prompt, decodeTokens) => {
    const sequence = await model.createSequence();
    try {
      const shared: GenerateOptions = { ...options, sequence, ignoreEnd: true };
      const first = await time(() => lastToken(model, prompt, { ...shared, maxTokens: 1 }));
      // The sequence holds the prompt: all that is left to do is one evaluation for each token.
      const rest = await time(() =>
        lastToken(model, [...prompt, first.result], { ...shared, maxTokens: decodeTokens }),
      );
      return { prefill: first.seconds, decode: rest.seconds };
    } finally {
      sequence.dispose();
    }
  };
}

function phase(tokens: number, seconds: readonly number[]): Phase {
  return { tokens, seconds, tokensPerSecond: tokens / median(seconds) };
}

async function time<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const began = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - began) / 1000 };
}

async function lastToken(model: Model, prompt: readonly number[], options: GenerateOptions): Promise<number> {
  let last = prompt.at(-1)!;
  for await (const { token } of model.generate(prompt, options)) last = token;
  return last;
}

/** Ids spread over the vocabulary, the same in every run. What they say does not change how long they take. */
export function somePrompt({ config, tokenizer }: Model, length: number): number[] {
  const { vocabularySize } = config;
  const ids = Array.from({ length }, (_, index) => (7 + index * 7919) % vocabularySize);
  if (tokenizer.bosToken !== undefined && tokenizer.addsBos) ids[0] = tokenizer.bosToken;
  return ids;
}
