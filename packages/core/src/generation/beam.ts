import type { TokenMask } from "../backend/backend.ts";
import type { BayLingError } from "../errors.ts";
import type { ConstraintState } from "./constraints/constraint-set.ts";
import type { Sequence } from "./sequence.ts";
import type { GeneratedToken } from "./text-stream.ts";

export type Drawn = Omit<GeneratedToken, "text">;

/** A text in the making. */
export interface Beam {
  readonly sequence: Sequence;
  readonly tokens: readonly Drawn[];
  readonly logprob: number;
  /** Where its constraints are, if there are any. */
  readonly state: ConstraintState | undefined;
}

/** A beam and one more token. */
export interface Candidate {
  readonly beam: Beam;
  readonly drawn: Drawn;
  readonly logprob: number;
  readonly state?: ConstraintState | undefined;
}

/** The tokens that may follow a beam. */
export interface Continuations {
  readonly beam: Beam;
  /** Best first. */
  readonly top: readonly Candidate[];
  /** Those that were asked for by their ids, in that order. */
  readonly asked: readonly Candidate[];
}

/** What is asked of a model about the next token of a beam. */
export interface BeamQuestion {
  /** How many of the best tokens. */
  readonly count: number;
  /** Tokens whose log-probabilities are wanted in any case. */
  readonly ids: readonly number[];
  readonly mask?: TokenMask | undefined;
}

export interface BeamChoice {
  /** The next generation, best first. */
  readonly survivors: readonly Candidate[];
  /** Candidates that end a hypothesis. */
  readonly ended: readonly Candidate[];
  /** Beams after which nothing may come, and which may end as they are. */
  readonly complete: readonly Beam[];
}

/** Which texts a beam search goes on with. */
export interface BeamChooser {
  /** Of the text before its first token. */
  readonly begin: ConstraintState | undefined;
  /** @returns undefined for a beam that cannot go on */
  ask(beam: Beam, tokensLeft: number): BeamQuestion | undefined;
  /** @param tokensLeft after this token */
  choose(continuations: readonly Continuations[], beams: readonly Beam[], tokensLeft: number): BeamChoice;
  /** The best that can become of a candidate, for all that is known: its log-probability and length then. */
  outlook(candidate: Candidate, length: number): { readonly logprob: number; readonly length: number };
  /** The error for a search that has nothing to go on with and nothing finished. */
  stuck(): BayLingError;
}

/** Candidates of all beams, best first. */
export function ranked(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) => b.logprob - a.logprob || a.drawn.token - b.drawn.token);
}

/**
 * The next generation: the first child of a beam takes over its sequence, further children get forks. Sequences
 * without a child are freed first, and the root, which is not, stands in for a fork: no more than `width` are alive.
 */
export async function grow(
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
    for (const { beam, drawn, logprob, state } of survivors) {
      let { sequence } = beam;
      if (taken.has(beam)) {
        sequence = rootIsFree ? await catchUp(root, sequence.tokens, signal) : await sequence.fork({ signal });
        rootIsFree = false;
      }
      taken.add(beam);
      next.push({ sequence, tokens: [...beam.tokens, drawn], logprob, state });
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
