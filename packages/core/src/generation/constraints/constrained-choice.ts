import type { TokenMask } from "../../backend/backend.ts";
import { invalidScores, sampleToken } from "../../sampling/sampler.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { GenerationSettings } from "../generation-options.ts";
import type { WritableSequence } from "../sequence.ts";
import type { GeneratedToken } from "../text-stream.ts";
import { TokenScores } from "../token-scores.ts";
import type { ConstraintState } from "./constraint-set.ts";
import type { Guidance } from "./guidance.ts";
import { bestOfWay } from "./ways.ts";

/** Draws that are rejected, because the text could not end in time, before the way to its end is taken. */
const maxRejected = 64;

/** Tokens that a word takes at most, as a rule. */
const wordTokens = 8;

/**
 * Chooses the tokens of one text under constraints, one at a time. Where the model would end and something that is
 * required is missing, it is written there, and the model goes on.
 */
export class ConstrainedChoice {
  readonly #guidance: Guidance;
  readonly #settings: GenerationSettings;
  readonly #tokenizer: Tokenizer;
  #state: ConstraintState;
  /** Tokens that may still be generated. */
  #left: number;
  /** What is missing is being written, whatever the model would like. */
  #leading = false;

  constructor(guidance: Guidance, settings: GenerationSettings, tokenizer: Tokenizer) {
    this.#guidance = guidance;
    this.#settings = settings;
    this.#tokenizer = tokenizer;
    this.#state = guidance.set.begin;
    this.#left = guidance.budget;
  }

  /**
   * Whether nothing may come any more, not even a token that ends the text.
   * @throws BayLingError `constraint-unsatisfiable` when the text may not end either
   */
  get complete(): boolean {
    const { set } = this.#guidance;
    if (set.mask(this.#state) !== undefined) return false;
    if (set.mayEnd(this.#state)) return true;
    throw set.unsatisfiable();
  }

  /** Evaluates `pending` and draws a token. @param generated tokens at the end of the sequence that were generated */
  async draw(
    sequence: WritableSequence,
    pending: readonly number[],
    generated: number,
  ): Promise<Omit<GeneratedToken, "text">> {
    const { set } = this.#guidance;
    const { sampling: spec, stopTokens, signal, logprobs, processLogits } = this.#settings;
    const mask = set.mask(this.#state)!;
    const observed = logprobs !== undefined || processLogits !== undefined;
    let tokens = pending;
    if (!observed && !this.#leading && !set.isLacking(this.#state)) {
      const drawn = await sequence.sample(pending, { spec, steps: 1, stopTokens, mask, signal });
      if (this.#take(drawn[0]!)) return { token: drawn[0]! };
      sequence.truncate(sequence.position - 1);
      tokens = pending.slice(-1);
    }
    const scores = await sequence.evaluate(tokens, { want: "last", signal });
    const row = new TokenScores(scores, this.#settings, sequence.tokens, generated);
    const token = this.#choose(row.processed, mask, sequence);
    return { token, ...row.describe(token, this.#settings, this.#tokenizer) };
  }

  #choose(scores: Float32Array, mask: TokenMask, { position, tokens: history }: WritableSequence): number {
    const { set } = this.#guidance;
    const { sampling: spec, stopTokens } = this.#settings;
    const lacking = set.isLacking(this.#state);
    // A letter after what was just written would take it back, and it would be written again.
    const led = this.#leading && !lacking;
    this.#leading = lacking && (this.#leading || this.#isTimeTo(scores, mask, position, history));
    const leading = this.#leading ? this.#lead(scores, mask) : undefined;
    if (leading !== undefined) return leading;
    const allowed = mask.slice();
    for (let rejected = 0; rejected < maxRejected && allowed.some((word) => word !== 0); rejected++) {
      const token = sampleToken(scores, spec, { position, history, mask: allowed });
      if (!(led && this.#takesBack(token)) && this.#take(token)) return token;
      allowed[token >>> 5]! &= ~(1 << (token & 31));
    }
    const [next] = set.mayEnd(this.#state) ? stopTokens : (set.plan(this.#state) ?? []);
    if (next === undefined) throw set.unsatisfiable();
    if (!(scores[next]! > -Infinity)) throw invalidScores(undefined);
    this.#take(next);
    return next;
  }

  /** Takes the token that the model likes best of those that bring a requirement on; undefined where none can be taken. */
  #lead(scores: Float32Array, mask: TokenMask): number | undefined {
    const { set } = this.#guidance;
    const scoreOf = (token: number) => scores[token]!;
    const best = set
      .ways(this.#state, mask)
      .flatMap((way) => bestOfWay(way, scoreOf) ?? [])
      .sort((a, b) => b.worth - a.worth)
      .map(({ token }) => token);
    const certain = (set.planRequirements(this.#state) ?? []).slice(0, 1).filter((token) => scores[token]! > -Infinity);
    return [...best, ...certain].find((token) => this.#take(token));
  }

  /** Whether something is missing again after a token. */
  #takesBack(token: number): boolean {
    const { set } = this.#guidance;
    const next = set.advance(this.#state, token);
    return next !== undefined && set.isLacking(next);
  }

  /**
   * Whether what is missing should be written now: where the model, asked without constraints on the end, ends, and
   * before the last words for which there is room, so that it does not have to be squeezed into one.
   */
  #isTimeTo(scores: Float32Array, mask: TokenMask, position: number, history: readonly number[]): boolean {
    const { set } = this.#guidance;
    const { sampling: spec } = this.#settings;
    const open = mask.slice();
    for (const token of set.endings) open[token >>> 5]! |= 1 << (token & 31);
    const wanted = sampleToken(scores, spec, { position, history, mask: open });
    if (set.endings.includes(wanted)) return true;
    const [first] = this.#tokenizer.tokenBytes(wanted);
    return !set.fits(this.#state, this.#left - wordTokens) && first !== undefined && !isWordByte(first);
  }

  /** Goes on with a token, unless the text could then not end in time. */
  #take(token: number): boolean {
    const { set } = this.#guidance;
    const ends = this.#settings.stopTokens.includes(token);
    const next = ends ? this.#state : set.advance(this.#state, token);
    if (next === undefined || !set.fits(next, this.#left - 1)) return false;
    this.#state = next;
    this.#left--;
    return true;
  }
}

/** Whether a byte is an ASCII letter or digit, or part of another character. */
function isWordByte(byte: number): boolean {
  return byte >= 0x80 || /[A-Za-z0-9]/.test(String.fromCharCode(byte));
}
