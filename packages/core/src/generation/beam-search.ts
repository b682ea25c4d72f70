import { adjustScores, invalidScores } from "../sampling/sampler.ts";
import { bestTokens } from "../sampling/top-scores.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { beginPrompt, type FinishReason, fitContext, type GenerationTask } from "./generate.ts";
import type { GenerationSettings } from "./generation-options.ts";
import type { Sequence } from "./sequence.ts";
import { type GeneratedToken, TextStream } from "./text-stream.ts";
import { TokenScores } from "./token-scores.ts";

/** A finished candidate of a beam search. */
export interface Hypothesis {
  readonly tokens: readonly number[];
  readonly text: string;
  /** Sum of the log-probabilities of its tokens, an end token included, with bias, penalties and hook as they are. */
  readonly logprob: number;
  /** logprob / length ** lengthPenalty: what hypotheses are ranked by. */
  readonly score: number;
  readonly finishReason: FinishReason;
}

type Drawn = Omit<GeneratedToken, "text">;

/** A text in the making. */
interface Beam {
  readonly sequence: Sequence;
  readonly tokens: readonly Drawn[];
  readonly logprob: number;
}

interface Candidate {
  readonly beam: Beam;
  readonly drawn: Drawn;
  readonly logprob: number;
}

interface Finished {
  readonly tokens: readonly Drawn[];
  readonly logprob: number;
  readonly score: number;
  readonly finishReason: FinishReason;
}

/**
 * Beam search with length penalty over forked sequences, all beams in one batch. Delivers tokens as soon as all live
 * hypotheses agree on them.
 * @param onHypotheses called once at the end with the finished hypotheses, best first
 */
export async function* beamSearch(
  task: GenerationTask,
  onHypotheses: (hypotheses: readonly Hypothesis[]) => void,
): AsyncGenerator<GeneratedToken, void, undefined> {
  const { settings, tokenizer, progress, sequence: root } = task;
  const { beams: width, maxTokens } = settings;
  const text = new TextStream(tokenizer, settings.stop);
  const finished = new FinishedHypotheses(settings);
  let delivered = 0;
  let beams: Beam[] = [{ sequence: root, tokens: [], logprob: 0 }];
  let pending: readonly (readonly number[])[] = [beginPrompt(task)];
  try {
    for (let length = 1; beams.length > 0; length++) {
      if (fitContext({ ...task, sequence: beams[0]!.sequence }, pending[0]!) === undefined) {
        for (const beam of beams) finished.add(beam.tokens, beam.logprob, "context");
        break;
      }
      const candidates = await expand(beams, pending, task);
      if (candidates.length === 0 && finished.all.length === 0) throw invalidScores(undefined);
      const survivors: Candidate[] = [];
      candidates.forEach((candidate, rank) => {
        const ending = endOf(candidate, task);
        if (ending === undefined) {
          if (survivors.length < width) survivors.push(candidate);
        } else if (rank < width) {
          finished.add(ending.tokens, candidate.logprob, ending.finishReason, length);
        }
      });
      progress.generatedTokens = length;
      if (length >= maxTokens) {
        for (const { beam, drawn, logprob } of survivors) finished.add([...beam.tokens, drawn], logprob, "length");
        break;
      }
      if (survivors.length === 0 || finished.cannotImprove(survivors[0]!.logprob, length)) break;
      beams = await grow(beams, survivors, root, settings.signal);
      pending = beams.map((beam) => [beam.tokens.at(-1)!.token]);
      const agreed = commonLength([...beams.map((beam) => beam.tokens), ...finished.all.map(({ tokens }) => tokens)]);
      for (const drawn of beams[0]!.tokens.slice(delivered, agreed)) yield* text.push(drawn);
      delivered = Math.max(delivered, agreed);
    }
    const best = finished.ranked();
    onHypotheses(best.map((hypothesis) => describe(hypothesis, tokenizer, settings)));
    progress.finishReason = best[0]?.finishReason ?? "length";
    for (const drawn of best[0]?.tokens.slice(delivered) ?? []) yield* text.push(drawn);
    yield* text.finish();
  } finally {
    for (const { sequence } of beams) if (sequence !== root) sequence.dispose();
    if (!root.disposed) root.truncate(Math.min(root.position, task.prompt.length));
  }
}

/** Evaluates all beams in one batch and returns the 2 · width best continuations, best first. */
async function expand(
  beams: readonly Beam[],
  pending: readonly (readonly number[])[],
  task: GenerationTask,
): Promise<Candidate[]> {
  const { settings } = task;
  const count = 2 * settings.beams;
  const observed = settings.processLogits !== undefined || settings.logprobs !== undefined || isAdjusted(settings);
  const perBeam = await settleAll(
    beams.map(async (beam, index): Promise<Candidate[]> => {
      const tokens = pending[index]!;
      const { signal } = settings;
      if (observed) {
        const scores = await beam.sequence.evaluate(tokens, { want: "last", signal });
        return observedCandidates(beam, scores, count, task);
      }
      const top = await beam.sequence.evaluate(tokens, { want: { top: count }, signal });
      return Array.from(top.ids, (token, i) => ({
        beam,
        drawn: { token },
        logprob: beam.logprob + top.logProbabilities[i]!,
      }));
    }),
  );
  const candidates = perBeam.flat();
  // A NaN has no place in an order, and nothing beats an infinity: the whole row cannot be trusted.
  const broken = candidates.find(({ logprob }) => !Number.isFinite(logprob));
  if (broken !== undefined) throw invalidScores(broken.logprob);
  return candidates.sort((a, b) => b.logprob - a.logprob || a.drawn.token - b.drawn.token).slice(0, count);
}

function isAdjusted({ sampling }: GenerationSettings): boolean {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = sampling;
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0 || logitBias.size > 0;
}

function observedCandidates(beam: Beam, scores: Float32Array, count: number, task: GenerationTask): Candidate[] {
  const { settings, tokenizer } = task;
  const row = new TokenScores(scores, settings, beam.sequence.tokens, beam.tokens.length);
  const adjusted = adjustScores(row.processed, settings.sampling, beam.sequence.tokens);
  if (adjusted.some(Number.isNaN)) throw invalidScores(Number.NaN);
  return Array.from(bestTokens(adjusted, count), (token) => ({
    beam,
    drawn: { token, ...row.describe(token, settings, tokenizer) },
    logprob: beam.logprob + adjusted[token]!,
  }));
}

/** Like `Promise.all`, but waits for all before it rejects: a beam that still runs could not be disposed. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** The hypothesis that ends with a candidate, if it ends one: with a stop token, left out, or with a stop string. */
function endOf(
  { beam, drawn }: Candidate,
  { settings, tokenizer }: GenerationTask,
): Pick<Finished, "tokens" | "finishReason"> | undefined {
  if (settings.stopTokens.includes(drawn.token)) {
    return { tokens: beam.tokens, finishReason: tokenizer.endTokens.has(drawn.token) ? "end" : "stop" };
  }
  if (settings.stop.length === 0) return undefined;
  const tokens = [...beam.tokens, drawn];
  const text = new TextStream(tokenizer, settings.stop);
  for (const token of tokens) text.push(token);
  return text.stopped ? { tokens, finishReason: "stop" } : undefined;
}

/**
 * The next generation: the first child of a beam takes over its sequence, further children get forks. Sequences
 * without a child are freed first, and the root, which is not, stands in for a fork: no more than `width` are alive.
 */
async function grow(
  beams: readonly Beam[],
  survivors: readonly Candidate[],
  root: Sequence,
  signal: AbortSignal | undefined,
): Promise<Beam[]> {
  const parents = new Set(survivors.map(({ beam }) => beam));
  for (const beam of beams) if (!parents.has(beam) && beam.sequence !== root) beam.sequence.dispose();
  let rootIsFree = survivors.every(({ beam }) => beam.sequence !== root);
  const next: Beam[] = [];
  const taken = new Set<Beam>();
  try {
    for (const { beam, drawn, logprob } of survivors) {
      let { sequence } = beam;
      if (taken.has(beam)) {
        sequence = rootIsFree ? await catchUp(root, sequence.tokens, signal) : await sequence.fork({ signal });
        rootIsFree = false;
      }
      taken.add(beam);
      next.push({ sequence, tokens: [...beam.tokens, drawn], logprob });
    }
  } catch (error) {
    for (const { sequence } of next) {
      if (sequence !== root && !beams.some((beam) => beam.sequence === sequence)) sequence.dispose();
    }
    throw error;
  }
  return next;
}

/** Makes a sequence hold `tokens`; it has most of them already. */
async function catchUp(
  sequence: Sequence,
  tokens: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Sequence> {
  sequence.truncate(sequence.commonPrefix(tokens));
  if (sequence.position < tokens.length) {
    await sequence.evaluate(tokens.slice(sequence.position), { want: "none", signal });
  }
  return sequence;
}

class FinishedHypotheses {
  readonly #settings: GenerationSettings;
  #hypotheses: Finished[] = [];

  constructor(settings: GenerationSettings) {
    this.#settings = settings;
  }

  get all(): readonly Finished[] {
    return this.#hypotheses;
  }

  /** @param length tokens that count for the length penalty; an end token counts */
  add(tokens: readonly Drawn[], logprob: number, finishReason: FinishReason, length: number = tokens.length): void {
    const score = this.#score(logprob, length);
    this.#hypotheses.push({ tokens, logprob, score, finishReason });
    this.#hypotheses = this.ranked().slice(0, this.#settings.beams);
  }

  ranked(): readonly Finished[] {
    return [...this.#hypotheses].sort((a, b) => b.score - a.score);
  }

  /** Whether no live beam can still beat the worst finished one, judged by the best live one at its length. */
  cannotImprove(bestLogprob: number, length: number): boolean {
    if (this.#hypotheses.length < this.#settings.beams) return false;
    return this.#settings.earlyStopping || this.ranked().at(-1)!.score >= this.#score(bestLogprob, length);
  }

  #score(logprob: number, length: number): number {
    return logprob / Math.max(1, length) ** this.#settings.lengthPenalty;
  }
}

function commonLength(texts: readonly (readonly Drawn[])[]): number {
  const [first, ...others] = texts;
  let length = 0;
  while (
    length < first!.length &&
    others.every((other) => length < other.length && other[length]!.token === first![length]!.token)
  ) {
    length++;
  }
  return length;
}

function describe(finished: Finished, tokenizer: Tokenizer, { stop }: GenerationSettings): Hypothesis {
  const stream = new TextStream(tokenizer, stop);
  const pieces = [...finished.tokens.flatMap((token) => stream.push(token)), ...stream.finish()];
  const { logprob, score, finishReason } = finished;
  const text = pieces.map((piece) => piece.text).join("");
  return { tokens: finished.tokens.map(({ token }) => token), text, logprob, score, finishReason };
}
