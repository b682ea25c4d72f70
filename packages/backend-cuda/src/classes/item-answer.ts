import { type BatchItem, type BatchResult, type SamplingSpec, sampleToken } from "@bayling/core/backend";
import type { ClassSequence } from "./class-sequence.ts";

export interface ClassItem extends BatchItem {
  readonly sequence: ClassSequence;
}

/** Answers one item of a batch: in one evaluation, or in one for each token that is drawn. */
export class ItemAnswer {
  readonly item: ClassItem;
  /** What the next evaluation begins with. */
  #tokens: Uint32Array;
  readonly #drawn: number[] = [];
  /** The tokens that penalties count. */
  readonly #history: number[];
  #scores: Float32Array | undefined;

  constructor(item: ClassItem) {
    this.item = item;
    this.#tokens = item.tokens;
    this.#history = Array.from(item.sample?.history ?? []);
  }

  /** Whether there are tokens left to draw. */
  get isOpen(): boolean {
    const { sample } = this.item;
    if (sample === undefined) return false;
    return this.#drawn.length < sample.steps && !sample.stopTokens.includes(this.#drawn.at(-1)!);
  }

  get result(): BatchResult {
    if (this.item.sample !== undefined) return { sampled: Uint32Array.from(this.#drawn) };
    return this.#scores === undefined ? {} : { scores: this.#scores };
  }

  /** All tokens that were evaluated: every one but the last drawn. */
  get evaluated(): Uint32Array {
    return Uint32Array.from([...this.item.tokens, ...this.#drawn.slice(0, -1)]);
  }

  async evaluate(): Promise<void> {
    const { sequence, tokens, want, sample } = this.item;
    const { slot } = sequence;
    if (sample === undefined) {
      const count = want === "all" ? tokens.length : want === "last" ? 1 : 0;
      this.#scores = await slot.score(tokens, count);
      return;
    }
    const { spec } = sample;
    const position = sequence.position + tokens.length + this.#drawn.length;
    const token = isPlainGreedy(spec)
      ? await slot.drawBest(this.#tokens)
      : sampleToken((await slot.score(this.#tokens, 1))!, spec, { position, history: this.#history });
    this.#drawn.push(token);
    this.#history.push(token);
    this.#tokens = Uint32Array.of(token);
  }
}

/** The best token as the model scores it: the one draw that llama.cpp makes as core does. */
function isPlainGreedy(spec: SamplingSpec): boolean {
  const { temperature, repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = spec;
  const penalised = repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
  return temperature === 0 && !penalised && logitBias.size === 0;
}
