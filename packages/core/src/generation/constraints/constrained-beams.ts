import type { BayLingError } from "../../errors.ts";
import {
  type Beam,
  type BeamChoice,
  type BeamChooser,
  type BeamQuestion,
  type Candidate,
  type Continuations,
  ranked,
} from "../beam.ts";
import type { GenerationSettings } from "../generation-options.ts";
import { chooseFromBanks } from "./beam-banks.ts";
import type { ConstraintSet, ConstraintState } from "./constraint-set.ts";
import { bestOfWay, type Way } from "./ways.ts";

/** What a missing byte costs at least, for judging whether texts that lack some can still win; and bytes of a token. */
const costOfMissing = 0.5;
const bytesPerToken = 4;

/**
 * Lexically constrained beam search with dynamic beam allocation: candidates also come from what is required, and room
 * is kept for texts by how much of it they have (Post & Vilar, arXiv 1804.06609; Hu et al., N19-1090). The cost does not
 * depend on the number of terms. Without requirements it is beam search with masks.
 */
export class ConstrainedBeams implements BeamChooser {
  readonly begin: ConstraintState;
  readonly #set: ConstraintSet;
  readonly #width: number;
  readonly #stopTokens: readonly number[];
  readonly #ends: (candidate: Candidate) => boolean;
  /** What brings the live beams on. */
  #ways = new Map<Beam, readonly Way[]>();

  constructor(set: ConstraintSet, { beams, stopTokens }: GenerationSettings, ends: (candidate: Candidate) => boolean) {
    this.begin = set.begin;
    this.#set = set;
    this.#width = beams;
    this.#stopTokens = stopTokens;
    this.#ends = ends;
  }

  ask(beam: Beam, tokensLeft: number): BeamQuestion | undefined {
    const state = beam.state!;
    const mask = this.#set.mask(state);
    if (mask === undefined) return undefined;
    const ways = this.#set.ways(state, mask);
    const lacking = this.#set.isLacking(state);
    const certain = this.#set.isTight(state, tokensLeft)
      ? this.#set.plan(state)
      : lacking && ways.length === 0
        ? this.#set.planRequirements(state)
        : undefined;
    if (certain?.[0] !== undefined) ways.push([{ token: certain[0], rest: 0 }]);
    this.#ways.set(beam, ways);
    const ids = new Set(ways.flatMap((way) => way.map(({ token }) => token)));
    // How much the model would like to end is asked where it may not.
    if (lacking) for (const token of this.#set.endings) ids.add(token);
    return { count: 2 * this.#width, ids: [...ids], mask };
  }

  choose(continuations: readonly Continuations[], beams: readonly Beam[], tokensLeft: number): BeamChoice {
    const admitted = new Map<Candidate, Candidate | undefined>();
    const admit = (candidate: Candidate): Candidate | undefined => {
      if (!admitted.has(candidate)) admitted.set(candidate, this.#admit(candidate, tokensLeft));
      return admitted.get(candidate);
    };
    const free = continuations.map((one) => (this.#wouldEnd(one) ? [] : one.top));
    const pool = new Map<string, Candidate>();
    const add = (candidate: Candidate | undefined) => {
      if (candidate !== undefined) pool.set(`${beams.indexOf(candidate.beam)} ${candidate.drawn.token}`, candidate);
    };
    for (const candidate of take(ranked(free.flat()), admit, 2 * this.#width)) add(candidate);
    for (const top of free) for (const candidate of take(top, admit, 1)) add(candidate);
    for (const one of continuations) for (const candidate of this.#forced(one)) add(admit(candidate));
    this.#ways = new Map();
    const { survivors, ended } = chooseFromBanks([...pool.values()], this.#width, {
      progress: ({ state }) => this.#set.writtenBytes(state!),
      ends: this.#ends,
    });
    const complete = beams.filter(({ state }) => this.#set.mask(state!) === undefined && this.#set.mayEnd(state!));
    return { survivors, ended, complete };
  }

  outlook({ logprob, state }: Candidate, length: number): { logprob: number; length: number } {
    const missing = Math.max(0, this.#set.requiredBytes - this.#set.writtenBytes(state!));
    return { logprob: logprob - costOfMissing * missing, length: length + Math.ceil(missing / bytesPerToken) };
  }

  stuck(): BayLingError {
    return this.#set.unsatisfiable();
  }

  /** Whether the model would end here, where it may not: what it would write after that is not worth a beam. */
  #wouldEnd({ beam, top, asked }: Continuations): boolean {
    if (!this.#set.isLacking(beam.state!) || this.#ways.get(beam)!.length === 0) return false;
    const best = top[0]?.logprob ?? -Infinity;
    return asked.some(({ drawn, logprob }) => logprob > best && this.#set.endings.includes(drawn.token));
  }

  /** Of each way on, the token that the model likes best, measured by what it leaves to be written. */
  *#forced({ beam, asked }: Continuations): Generator<Candidate, void, undefined> {
    const candidates = new Map(asked.map((candidate) => [candidate.drawn.token, candidate]));
    for (const way of this.#ways.get(beam)!) {
      const best = bestOfWay(way, (token) => candidates.get(token)?.logprob ?? -Infinity);
      if (best !== undefined) yield candidates.get(best.token)!;
    }
  }

  /** The candidate with its state; undefined where the text could not end in time. */
  #admit(candidate: Candidate, tokensLeft: number): Candidate | undefined {
    const { beam, drawn } = candidate;
    if (this.#stopTokens.includes(drawn.token)) return { ...candidate, state: beam.state };
    const state = this.#set.advance(beam.state!, drawn.token);
    return state !== undefined && this.#set.fits(state, tokensLeft) ? { ...candidate, state } : undefined;
  }
}

/** The first `count` that are admitted. */
function take(
  candidates: readonly Candidate[],
  admit: (candidate: Candidate) => Candidate | undefined,
  count: number,
): Candidate[] {
  const taken: Candidate[] = [];
  for (const candidate of candidates) {
    if (taken.length === count) break;
    const admitted = admit(candidate);
    if (admitted !== undefined) taken.push(admitted);
  }
  return taken;
}
