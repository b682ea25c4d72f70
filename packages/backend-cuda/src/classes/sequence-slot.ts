import type { ControlledEvaluateInputItem, LlamaContext, LlamaContextSequence, Token } from "node-llama-cpp";
import { failed } from "../cuda-errors.ts";
import { writeScores } from "./probability-scores.ts";

/** At temperature 0 node-llama-cpp filters no token out before it says the probabilities. */
const everyProbability = { generateNext: { probabilities: true, options: { temperature: 0 } } } as const;

/** A place for one sequence in a context of node-llama-cpp. It is never given up, only emptied for the next one. */
export class SequenceSlot {
  /** llama.cpp's number for it. */
  readonly index: number;
  readonly #context: LlamaContext;
  readonly #vocabularySize: number;
  #sequence: LlamaContextSequence;
  /** An evaluation failed: llama.cpp may hold some of its tokens, of which node-llama-cpp knows nothing. */
  #isDoubtful = false;

  /** Slots of a context must be made in the order of their indices, from 0 on. */
  constructor(context: LlamaContext, index: number, vocabularySize: number) {
    this.index = index;
    this.#context = context;
    this.#vocabularySize = vocabularySize;
    this.#sequence = context.getSequence();
  }

  /** Makes the KV cache hold these tokens; what it holds already begins with them, or is the beginning of them. */
  async align(tokens: readonly number[]): Promise<void> {
    const cached = this.#sequence.nextTokenIndex;
    if (this.#isDoubtful) {
      await this.#sequence.dispose();
      this.#sequence = this.#context.getSequence();
      this.#isDoubtful = false;
    } else if (cached > tokens.length) {
      await this.#sequence.eraseContextTokenRanges([{ start: tokens.length, end: cached }]);
    }
    const missing = tokens.slice(this.#sequence.nextTokenIndex);
    if (missing.length > 0) await this.#append(missing as Token[]);
  }

  /**
   * Evaluates tokens behind those that are there. Slots whose calls are made in one turn share a batch.
   * @param scored how many tokens, of the last ones, scores are wanted after
   * @returns the scores [scored, vocabulary]
   */
  async evaluate(tokens: Uint32Array, scored: number): Promise<Float32Array | undefined> {
    const first = tokens.length - scored;
    const items = Array.from(tokens, (id, index): ControlledEvaluateInputItem => {
      const token = id as Token;
      return index < first ? token : [token, everyProbability];
    });
    if (scored === 0) {
      await this.#append(items);
      return undefined;
    }
    const rows = new Float32Array(scored * this.#vocabularySize);
    let written = 0;
    let problem: unknown;
    await this.#append(items, (index, probabilities) => {
      const start = (index - first) * this.#vocabularySize;
      try {
        writeScores(rows.subarray(start, start + this.#vocabularySize), probabilities);
        written++;
      } catch (error) {
        problem = error; // what is thrown here would only be printed
      }
      probabilities.clear(); // a map of 128,000 tokens takes megabytes, and all of them are kept to the end
    });
    if (problem !== undefined) throw problem;
    if (written !== scored) throw failed(`node-llama-cpp gave ${written} rows of probabilities, not ${scored}`);
    return rows;
  }

  async #append(
    items: ControlledEvaluateInputItem[],
    onProbabilities?: (index: number, probabilities: Map<number, number>) => void,
  ): Promise<void> {
    try {
      await this.#sequence.controlledEvaluate(items, {
        onTokenResult: (index, { next }) => {
          if (next.probabilities !== undefined) onProbabilities?.(index, next.probabilities);
        },
      });
    } catch (error) {
      this.#isDoubtful = true;
      throw error;
    }
  }
}
