import { invalidScores } from "@bayling/core/backend";
import type {
  ControlledEvaluateIndexOutput,
  ControlledEvaluateInputItem,
  LlamaContext,
  LlamaContextSequence,
  Token,
} from "node-llama-cpp";
import { failed } from "../cuda-errors.ts";
import { writeScores } from "./probability-scores.ts";

type Output = ControlledEvaluateIndexOutput["next"];
type OutputOptions = Exclude<ControlledEvaluateInputItem, Token>[1];

/** At temperature 0 node-llama-cpp filters no token out before it says the probabilities. */
const everyProbability: OutputOptions = { generateNext: { probabilities: true, options: { temperature: 0 } } };
const bestToken: OutputOptions = { generateNext: { token: true, confidence: true, options: { temperature: 0 } } };

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
   * @param count how many tokens, of the last ones, scores are wanted after
   * @returns the scores [count, vocabulary]
   */
  async score(tokens: Uint32Array, count: number): Promise<Float32Array | undefined> {
    const first = tokens.length - count;
    const items = itemsOf(tokens, first, everyProbability);
    if (count === 0) {
      await this.#append(items);
      return undefined;
    }
    const rows = new Float32Array(count * this.#vocabularySize);
    let written = 0;
    let problem: unknown;
    await this.#append(items, (index, { probabilities }) => {
      if (probabilities === undefined) return;
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
    if (written !== count) throw failed(`node-llama-cpp gave ${written} rows of probabilities, not ${count}`);
    return rows;
  }

  /**
   * Evaluates tokens, and draws the best next one without bringing all scores here.
   * @throws BayLingError `scores-invalid`
   */
  async drawBest(tokens: Uint32Array): Promise<number> {
    let best: Output = {};
    await this.#append(itemsOf(tokens, tokens.length - 1, bestToken), (_, output) => {
      best = output;
    });
    const { token, confidence } = best;
    // It is NaN when any score of the row is none; llama.cpp draws all the same.
    if (Number.isNaN(confidence)) throw invalidScores(Number.NaN);
    if (typeof token !== "number" || confidence === undefined) throw failed("node-llama-cpp drew no token");
    return token;
  }

  async #append(
    items: ControlledEvaluateInputItem[],
    onOutput: (index: number, output: Output) => void = () => {},
  ): Promise<void> {
    try {
      await this.#sequence.controlledEvaluate(items, { onTokenResult: (index, { next }) => onOutput(index, next) });
    } catch (error) {
      this.#isDoubtful = true;
      throw error;
    }
  }
}

/** Asks for an output after every token from `first` on. */
function itemsOf(tokens: Uint32Array, first: number, output: OutputOptions): ControlledEvaluateInputItem[] {
  return Array.from(tokens, (id, index): ControlledEvaluateInputItem => {
    const token = id as Token;
    return index < first ? token : [token, output];
  });
}
