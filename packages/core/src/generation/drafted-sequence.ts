import { sampleToken } from "../sampling/sampler.ts";
import { DraftLookup } from "./draft-lookup.ts";
import type { EvaluateOptions, SampleOptions, Sequence, WritableSequence } from "./sequence.ts";

/** A token that was evaluated before anybody asked for it. */
interface AheadToken {
  readonly token: number;
  /** The scores after it, [vocabulary]. */
  readonly scores: Float32Array;
}

/**
 * A sequence that looks ahead: with each token that it is asked to evaluate, it evaluates in one batch what a draft says
 * comes next (speculative decoding with the draft in place of a model: Leviathan et al., arXiv 2211.17192). Where the text
 * goes another way, what was evaluated in vain is cut off. Scores, and so the tokens that are chosen, are those of a
 * sequence that does not.
 */
export class DraftedSequence implements WritableSequence {
  readonly #sequence: Sequence;
  readonly #lookup: DraftLookup;
  readonly #promptLength: number;
  #ahead: AheadToken[] = [];
  /** The last one that was asked for, as long as its scores are not given away. */
  #taken: AheadToken | undefined;
  #position: number;
  #proposed = 0;
  #accepted = 0;

  /** @param promptLength where in the sequence the text begins that resembles the draft */
  constructor(sequence: Sequence, draft: readonly number[], promptLength: number) {
    this.#sequence = sequence;
    this.#lookup = new DraftLookup(draft);
    this.#promptLength = promptLength;
    this.#position = sequence.position;
  }

  get tokens(): readonly number[] {
    return this.#sequence.tokens.slice(0, this.#position);
  }

  get position(): number {
    return this.#position;
  }

  get disposed(): boolean {
    return this.#sequence.disposed;
  }

  get contextLength(): number {
    return this.#sequence.contextLength;
  }

  commonPrefix(tokens: ArrayLike<number>): number {
    return Math.min(this.#position, this.#sequence.commonPrefix(tokens));
  }

  truncate(position: number): void {
    if (position === this.#position - 1 && this.#taken !== undefined) {
      this.#ahead.unshift(this.#taken);
      this.#accepted--;
    } else if (position !== this.#position) {
      this.#sequence.truncate(position);
      this.#ahead = [];
    }
    this.#taken = undefined;
    this.#position = position;
  }

  async evaluate(tokens: ArrayLike<number>, options: EvaluateOptions<"last">): Promise<Float32Array> {
    const scores = await this.#advance(tokens, options.signal);
    this.#taken = undefined;
    return scores;
  }

  async sample(tokens: ArrayLike<number>, { spec, mask, signal }: SampleOptions): Promise<Uint32Array> {
    const scores = await this.#advance(tokens, signal);
    return Uint32Array.of(sampleToken(scores, spec, { position: this.#position, history: this.tokens, mask }));
  }

  /** Cuts off what nobody asked for. */
  close(): void {
    if (!this.disposed && this.#sequence.position > this.#position) this.#sequence.truncate(this.#position);
    this.#ahead = [];
    this.#taken = undefined;
  }

  async #advance(tokens: ArrayLike<number>, signal: AbortSignal | undefined): Promise<Float32Array> {
    let next = 0;
    while (next < tokens.length && this.#ahead[0]?.token === tokens[next]) {
      this.#taken = this.#ahead.shift()!;
      this.#position++;
      this.#accepted++;
      next++;
    }
    if (next === tokens.length) return this.#taken!.scores;
    const rest = Array.from(tokens).slice(next);
    this.close();
    return this.#look(rest, signal);
  }

  /** Evaluates tokens together with what the draft says of those that follow. */
  async #look(tokens: readonly number[], signal: AbortSignal | undefined): Promise<Float32Array> {
    const sequence = this.#sequence;
    const text = [...sequence.tokens, ...tokens].slice(this.#promptLength);
    if (text.length > 0) this.#lookup.advance(text, this.#proposed, this.#accepted);
    const room = this.contextLength - sequence.position - tokens.length;
    const proposal = this.#lookup.propose(room);
    this.#proposed = proposal.length;
    this.#accepted = 0;
    if (proposal.length === 0) {
      const scores = await sequence.evaluate(tokens, { want: "last", signal });
      this.#position = sequence.position;
      return scores;
    }
    // Scores of a whole prompt would take much memory, and nobody wants them.
    if (tokens.length > 1) await sequence.evaluate(tokens.slice(0, -1), { want: "none", signal });
    const rows = await sequence.evaluate([tokens.at(-1)!, ...proposal], { want: "all", signal });
    const vocabulary = rows.length / (proposal.length + 1);
    const row = (index: number) => rows.subarray(index * vocabulary, (index + 1) * vocabulary);
    this.#ahead = proposal.map((token, index) => ({ token, scores: row(index + 1) }));
    this.#position = sequence.position - proposal.length;
    return row(0);
  }
}
