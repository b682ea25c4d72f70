import type { SamplingSpec } from "@bayling/core/backend";
import type { GpuContext } from "../../device/gpu-context.ts";
import { DeviceSampler, type DeviceSamplerShape, type SampledRow } from "../device-sampler.ts";
import { drawnTokens } from "../drawn-tokens.ts";
import { readWords, ScoreRows, submit } from "./score-rows.ts";

export const greedy: SamplingSpec = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  penaltyWindow: 64,
  logitBias: new Map(),
  seed: 7,
};

/** A token, or the message of a refusal. */
export type Draw = number | string;

/** The message of what it throws, or what it returns. */
export function drawOrMessage(draw: () => number): Draw {
  try {
    return draw();
  } catch (error) {
    return (error as Error).message;
  }
}

/** A sampler over scores that the test writes. */
export class SamplerBench {
  readonly inputs: ScoreRows;
  readonly sampler: DeviceSampler;
  readonly maxRows: number;
  readonly #context: GpuContext;

  constructor(
    context: GpuContext,
    vocabularySize: number,
    { maxRows = 8, maxSteps = 8, scoreStride = vocabularySize }: Partial<DeviceSamplerShape> = {},
  ) {
    this.#context = context;
    this.maxRows = maxRows;
    this.inputs = new ScoreRows(context, scoreStride, maxRows);
    this.sampler = new DeviceSampler(context, { vocabularySize, scoreStride, maxRows, maxSteps }, this.inputs);
  }

  /**
   * @param positions of the first drawn tokens
   * @param steps the rows of scores of each step
   * @returns the draws of each row
   */
  async draw(
    rows: readonly SampledRow[],
    positions: readonly number[],
    steps: readonly (readonly Float32Array[])[],
  ): Promise<Draw[][]> {
    await this.sampler.prepare(rows);
    this.inputs.writeStates(positions.map((position) => position - 1));
    for (const scores of steps) {
      this.inputs.writeScores(scores);
      submit(this.#context, this.sampler.dispatches);
    }
    const words = await readWords(this.#context, this.sampler.drawn, 4 * this.maxRows * steps.length);
    return rows.map((_, row) =>
      steps.map((_, step) => {
        const drawn = words.subarray(step * this.maxRows, (step + 1) * this.maxRows);
        return drawOrMessage(() => drawnTokens(drawn, this.maxRows, row, { steps: 1, stopTokens: [] })[0]!);
      }),
    );
  }

  async drawOne(scores: Float32Array, row: Partial<SampledRow>, position = 1): Promise<Draw> {
    const [draws] = await this.draw([{ spec: greedy, history: new Uint32Array(0), ...row }], [position], [[scores]]);
    return draws![0]!;
  }

  dispose(): void {
    this.sampler.dispose();
    this.inputs.dispose();
  }
}
