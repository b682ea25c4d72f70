import { adjustScores, invalidScores } from "../sampling/sampler.ts";
import { bestTokens } from "../sampling/top-scores.ts";
import {
  type Beam,
  type BeamChoice,
  type BeamChooser,
  type BeamQuestion,
  type Candidate,
  type Continuations,
  grow,
  ranked,
} from "./beam.ts";
import { beginPrompt, fitContext, type GenerationTask, loadGuidance } from "./generate.ts";
import type { GenerationSettings } from "./generation-options.ts";
import { commonLength, endOf, FinishedHypotheses, type Hypothesis } from "./hypotheses.ts";
import type { Sequence } from "./sequence.ts";
import { type GeneratedToken, TextStream } from "./text-stream.ts";
import { TokenScores } from "./token-scores.ts";

export type { Hypothesis } from "./hypotheses.ts";

/** Beams are forks of a sequence. */
type BeamTask = GenerationTask & { readonly sequence: Sequence };

/**
 * Beam search with length penalty over forked sequences, all beams in one batch. Delivers tokens as soon as all live
 * hypotheses agree on them.
 * @param onHypotheses called once at the end with the finished hypotheses, best first
 */
export async function* beamSearch(
  task: BeamTask,
  onHypotheses: (hypotheses: readonly Hypothesis[]) => void,
): AsyncGenerator<GeneratedToken, void, undefined> {
  const { settings, tokenizer, progress, sequence: root } = task;
  const { chooser, budget } = await createChooser(task);
  const text = new TextStream(tokenizer, settings.stop);
  const finished = new FinishedHypotheses(settings);
  let delivered = 0;
  let beams: Beam[] = [{ sequence: root, tokens: [], logprob: 0, state: chooser.begin }];
  let pending: readonly (readonly number[])[] = [beginPrompt(task)];
  try {
    for (let length = 1; beams.length > 0; length++) {
      if (fitContext({ ...task, sequence: beams[0]!.sequence }, pending[0]!) === undefined) {
        for (const beam of beams) finished.add(beam.tokens, beam.logprob, "context");
        break;
      }
      const left = budget - length;
      const questions = beams.map((beam) => chooser.ask(beam, left + 1));
      const continuations = await expand(beams, pending, questions, task);
      const { survivors, ended, complete } = chooser.choose(continuations, beams, left);
      for (const candidate of ended) {
        const { tokens, finishReason } = endOf(candidate, settings, tokenizer)!;
        finished.add(tokens, candidate.logprob, finishReason, length);
      }
      for (const beam of complete) finished.add(beam.tokens, beam.logprob, "stop");
      if (survivors.length === 0 && finished.all.length === 0) throw chooser.stuck();
      progress.generatedTokens = length;
      if (length >= settings.maxTokens) {
        for (const { beam, drawn, logprob } of survivors) finished.add([...beam.tokens, drawn], logprob, "length");
        break;
      }
      if (finished.cannotImprove(survivors.map((survivor) => chooser.outlook(survivor, length)))) break;
      if (survivors.length === 0) break;
      beams = await grow(beams, survivors, root, settings.signal);
      pending = beams.map((beam) => [beam.tokens.at(-1)!.token]);
      const agreed = commonLength([...beams.map((beam) => beam.tokens), ...finished.all.map(({ tokens }) => tokens)]);
      for (const drawn of beams[0]!.tokens.slice(delivered, agreed)) yield* text.push(drawn);
      delivered = Math.max(delivered, agreed);
    }
    const best = finished.ranked()[0];
    onHypotheses(finished.describe(tokenizer));
    progress.finishReason = best?.finishReason ?? "length";
    for (const drawn of best?.tokens.slice(delivered) ?? []) yield* text.push(drawn);
    yield* text.finish();
  } finally {
    for (const { sequence } of beams) if (sequence !== root) sequence.dispose();
    if (!root.disposed) root.truncate(Math.min(root.position, task.prompt.length));
  }
}

async function createChooser(task: GenerationTask): Promise<{ chooser: BeamChooser; budget: number }> {
  const { settings } = task;
  const ends = (candidate: Candidate) => endOf(candidate, settings, task.tokenizer) !== undefined;
  if (settings.constraints.length === 0) {
    return { chooser: new PlainBeams(settings.beams, ends), budget: settings.maxTokens };
  }
  const { ConstrainedBeams } = await import("./constraints/constrained-beams.ts");
  const { set, budget } = await loadGuidance(task);
  return { chooser: new ConstrainedBeams(set, settings, ends), budget };
}

/** The best candidates of all beams go on; those that end must be among the `width` best. */
class PlainBeams implements BeamChooser {
  readonly begin = undefined;
  readonly #width: number;
  readonly #ends: (candidate: Candidate) => boolean;

  constructor(width: number, ends: (candidate: Candidate) => boolean) {
    this.#width = width;
    this.#ends = ends;
  }

  ask(): BeamQuestion {
    return { count: 2 * this.#width, ids: [] };
  }

  choose(continuations: readonly Continuations[]): BeamChoice {
    const width = this.#width;
    const survivors: Candidate[] = [];
    const ended: Candidate[] = [];
    const candidates = ranked(continuations.flatMap(({ top }) => top)).slice(0, 2 * width);
    for (const [rank, candidate] of candidates.entries()) {
      if (!this.#ends(candidate)) {
        if (survivors.length < width) survivors.push(candidate);
      } else if (rank < width) ended.push(candidate);
    }
    return { survivors, ended, complete: [] };
  }

  outlook({ logprob }: Candidate, length: number): { logprob: number; length: number } {
    return { logprob, length };
  }

  stuck(): ReturnType<typeof invalidScores> {
    return invalidScores(undefined);
  }
}

/** Evaluates all beams in one batch. */
async function expand(
  beams: readonly Beam[],
  pending: readonly (readonly number[])[],
  questions: readonly (BeamQuestion | undefined)[],
  task: GenerationTask,
): Promise<Continuations[]> {
  const { settings } = task;
  const observed = settings.processLogits !== undefined || settings.logprobs !== undefined || isAdjusted(settings);
  const asked = beams.flatMap((beam, index) => {
    const question = questions[index];
    return question === undefined ? [] : [{ beam, tokens: pending[index]!, question }];
  });
  return settleAll(
    asked.map(async ({ beam, tokens, question }): Promise<Continuations> => {
      const { signal } = settings;
      if (observed) {
        const scores = await beam.sequence.evaluate(tokens, { want: "last", signal });
        return observedContinuations(beam, scores, question, task);
      }
      const { count, ids, mask } = question;
      const result = await beam.sequence.evaluate(tokens, { want: { top: count, ids }, mask, signal });
      const candidate = (token: number, logprob: number): Candidate => ({
        beam,
        drawn: { token },
        logprob: finite(beam.logprob + logprob),
      });
      return {
        beam,
        top: Array.from(result.ids, (token, index) => candidate(token, result.logProbabilities[index]!)),
        asked: ids.flatMap((token, index) => {
          const logprob = result.selected[index]!;
          return logprob === -Infinity ? [] : [candidate(token, logprob)];
        }),
      };
    }),
  );
}

function isAdjusted({ sampling }: GenerationSettings): boolean {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = sampling;
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0 || logitBias.size > 0;
}

function observedContinuations(
  beam: Beam,
  scores: Float32Array,
  { count, ids, mask }: BeamQuestion,
  { settings, tokenizer }: GenerationTask,
): Continuations {
  const row = new TokenScores(scores, settings, beam.sequence.tokens, beam.tokens.length);
  const adjusted = adjustScores(row.processed, settings.sampling, beam.sequence.tokens);
  if (adjusted.some(Number.isNaN)) throw invalidScores(Number.NaN);
  const candidate = (token: number): Candidate => ({
    beam,
    drawn: { token, ...row.describe(token, settings, tokenizer) },
    logprob: finite(beam.logprob + adjusted[token]!),
  });
  return {
    beam,
    top: Array.from(bestTokens(adjusted, count, mask), candidate),
    asked: ids.filter((token) => adjusted[token]! > -Infinity).map(candidate),
  };
}

/** A NaN has no place in an order, and nothing beats an infinity: the whole row cannot be trusted. */
function finite(logprob: number): number {
  if (Number.isFinite(logprob)) return logprob;
  throw invalidScores(logprob);
}

/** Like `Promise.all`, but waits for all before it rejects: a beam that still runs could not be disposed. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
