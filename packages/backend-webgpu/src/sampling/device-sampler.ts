import type { DeviceSampling, TokenMask } from "@bayling/core/backend";
import { bind, type Dispatch } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { Kernel } from "../device/kernel.ts";
import { drawWords, isPenalised, isPlainGreedy, writeDraw } from "./draw-parameters.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { adjustScores } from "./kernels/adjust-scores.ts";
import { chunkArgmax } from "./kernels/chunk-argmax.ts";
import { drawCandidates } from "./kernels/draw-candidates.ts";
import { type FinishDrawShape, finishDraw } from "./kernels/finish-draw.ts";
import { narrowCandidates } from "./kernels/narrow-candidates.ts";
import { scoreGroups } from "./kernels/score-groups.ts";
import { scoreSums } from "./kernels/score-sums.ts";
import { chunksOf, groupsOf } from "./score-shape.ts";
import { TokenMasks } from "./token-masks.ts";

/** At most `maxSteps` tokens are drawn for each of up to `maxRows` rows in one run. */
export type DeviceSamplerShape = FinishDrawShape;

/** How row i of the scores is drawn from; `history` is that before the run, the tokens just evaluated included. */
export interface SampledRow extends Pick<DeviceSampling, "spec" | "history"> {
  readonly mask?: TokenMask | undefined;
}

type Step = "argmax" | "sums" | "adjust" | "groups" | "narrow" | "draw" | "finish";

/**
 * Draws tokens on the GPU as core's `sampleToken` does on the host, step after step without a round trip.
 *
 * A run is `prepare`, which writes what is drawn with, and then once a step, after the scores: `dispatches`. Before a
 * step, `rows[i].position` is the position of the token that row i of the scores comes from; the step sets
 * `rows[i].token` to what it drew and `rows[i].position` to its position, one further, ready for evaluating it, counts
 * `rows[i].drawn` up and notes the token in `drawn`. The caller sets `rows[i].drawn` to 0 when a run begins.
 *
 * Scores may be changed in place. Between `prepare` and the next one nothing is created.
 */
export class DeviceSampler {
  /** u32 [maxSteps, maxRows]: the tokens drawn in each step; read with `drawnTokens`. */
  readonly drawn: GPUBuffer;
  readonly #context: GpuContext;
  readonly #shape: DeviceSamplerShape;
  readonly #scores: GPUBuffer;
  readonly #rows: GPUBuffer;
  readonly #kernels: Readonly<Record<Step, Kernel>>;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #floats: Float32Array<ArrayBuffer>;
  readonly #parameters: GPUBuffer;
  readonly #chunkBests: GPUBuffer;
  readonly #sums: GPUBuffer;
  readonly #groups: GPUBuffer;
  readonly #listed: GPUBuffer;
  readonly #candidates: GPUBuffer;
  readonly #masks: TokenMasks;
  readonly #history: GrowingBuffer;
  readonly #biases: GrowingBuffer;
  readonly #counts: GrowingBuffer;
  #bindGroups: Readonly<Record<Step, GPUBindGroup>>;
  #dispatches: readonly Dispatch[] = [];

  /**
   * @param buffers.scores f32 [maxRows, scoreStride]
   * @param buffers.rows [maxRows], `Row` of plan/batch-state.ts
   */
  constructor(
    context: GpuContext,
    shape: DeviceSamplerShape,
    { scores, rows }: { readonly scores: GPUBuffer; readonly rows: GPUBuffer },
  ) {
    const { maxRows, maxSteps } = shape;
    const chunks = maxRows * chunksOf(shape);
    const groups = maxRows * groupsOf(shape);
    this.#context = context;
    this.#shape = shape;
    this.#scores = scores;
    this.#rows = rows;
    this.#kernels = kernelsOf(shape);
    this.#words = new Uint32Array(maxRows * drawWords);
    this.#floats = new Float32Array(this.#words.buffer);
    this.drawn = context.createStorage("drawn", 4 * maxSteps * maxRows);
    this.#parameters = context.createStorage("draw parameters", this.#words.byteLength);
    this.#chunkBests = context.createStorage("chunk bests", 8 * chunks);
    this.#sums = context.createStorage("score sums", 8 * chunks);
    this.#groups = context.createStorage("score groups", 8 * groups);
    this.#listed = context.createStorage("listed groups", 4 * groups);
    this.#candidates = context.createStorage("candidates", 12 * maxRows);
    this.#masks = new TokenMasks(context, shape, maxRows);
    this.#history = new GrowingBuffer(context, "penalty history", 4 * 64 * maxRows);
    this.#biases = new GrowingBuffer(context, "logit biases", 8 * 64);
    this.#counts = new GrowingBuffer(context, "penalty counts", 4);
    this.#bindGroups = this.#bind();
  }

  /**
   * Writes what the next run draws with, and compiles what is not compiled yet. Commands of an earlier run must have been submitted.
   * @param rows 1 … maxRows; row i belongs to slot i
   */
  async prepare(rows: readonly SampledRow[]): Promise<void> {
    const many = rows.length;
    if (rows.every(({ spec, mask }) => isPlainGreedy(spec) && mask === undefined)) {
      await this.#plan(many, ["argmax", "finish"]);
      return;
    }
    const grew = [this.#masks.write(rows.map(({ mask }) => mask)), this.#writeParameters(rows)];
    if (grew.includes(true)) this.#bindGroups = this.#bind();
    const adjusted = rows.some(({ spec }) => spec.logitBias.size > 0 || isPenalised(spec));
    const steps: readonly Step[] = ["groups", "narrow", "draw", "finish"];
    await this.#plan(many, adjusted ? ["sums", "adjust", ...steps] : steps);
  }

  /** What one step of the prepared run is made of, in order, in one compute pass. */
  get dispatches(): readonly Dispatch[] {
    return this.#dispatches;
  }

  dispose(): void {
    for (const growing of [this.#masks, this.#history, this.#biases, this.#counts]) growing.dispose();
    for (const buffer of [this.drawn, this.#parameters, this.#chunkBests, this.#sums]) this.#context.free(buffer);
    for (const buffer of [this.#groups, this.#listed, this.#candidates]) this.#context.free(buffer);
  }

  /** @returns whether a buffer was replaced */
  #writeParameters(rows: readonly SampledRow[]): boolean {
    const { queue } = this.#context.device;
    const { vocabularySize } = this.#shape;
    const seen = rows.map(({ spec, history }) =>
      isPenalised(spec) ? history.subarray(history.length - Math.min(history.length, spec.penaltyWindow)) : undefined,
    );
    const biases = rows.flatMap(({ spec }) => [...spec.logitBias]);
    const lastPenalised = seen.findLastIndex((history) => history !== undefined);
    const grew = [
      this.#history.reserve(4 * seen.reduce((sum, history) => sum + (history?.length ?? 0), 0)),
      this.#biases.reserve(8 * biases.length),
      this.#counts.reserve(4 * (lastPenalised + 1) * vocabularySize),
    ];
    let historyStart = 0;
    let biasStart = 0;
    rows.forEach(({ spec }, row) => {
      const history = seen[row] as Uint32Array<ArrayBuffer> | undefined;
      const historyLength = history?.length ?? 0;
      const ranges = { vocabularySize, historyStart, historyLength, biasStart };
      writeDraw({ words: this.#words, floats: this.#floats }, row, spec, ranges);
      if (history !== undefined) queue.writeBuffer(this.#history.buffer, 4 * historyStart, history);
      historyStart += historyLength;
      biasStart += spec.logitBias.size;
    });
    queue.writeBuffer(this.#parameters, 0, this.#words);
    if (biases.length > 0) queue.writeBuffer(this.#biases.buffer, 0, biasEntries(biases));
    return grew.includes(true);
  }

  async #plan(rows: number, steps: readonly Step[]): Promise<void> {
    await this.#context.pipelines.prepare(steps.map((step) => this.#kernels[step]));
    const chunks = chunksOf(this.#shape);
    const single: readonly Step[] = ["adjust", "narrow", "finish"];
    this.#dispatches = steps.map((step) => ({
      pipeline: this.#context.pipelines.get(this.#kernels[step]),
      bindGroup: this.#bindGroups[step],
      workgroups: single.includes(step) ? [rows, 1, 1] : [chunks, rows, 1],
    }));
  }

  #bind(): Record<Step, GPUBindGroup> {
    const buffers: Readonly<Record<string, GPUBuffer>> = {
      scores: this.#scores,
      rows: this.#rows,
      drawn: this.drawn,
      parameters: this.#parameters,
      chunkBests: this.#chunkBests,
      sums: this.#sums,
      groups: this.#groups,
      listed: this.#listed,
      candidates: this.#candidates,
      masks: this.#masks.buffer,
      history: this.#history.buffer,
      biases: this.#biases.buffer,
      counts: this.#counts.buffer,
    };
    const { device, pipelines } = this.#context;
    const bound = Object.entries(this.#kernels).map(([step, kernel]) => {
      const entries = kernel.bindings.map(({ name }) => buffers[name]!);
      return [step, bind(device, pipelines.bound(kernel), entries)];
    });
    return Object.fromEntries(bound) as Record<Step, GPUBindGroup>;
  }
}

function kernelsOf(shape: DeviceSamplerShape): Record<Step, Kernel> {
  return {
    argmax: chunkArgmax(shape),
    sums: scoreSums(shape),
    adjust: adjustScores(shape),
    groups: scoreGroups({ ...shape, parameters: true }),
    narrow: narrowCandidates(shape),
    draw: drawCandidates(shape),
    finish: finishDraw(shape),
  };
}

/** (token, bits of the bias) for `adjustScores`. */
function biasEntries(biases: readonly (readonly [number, number])[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * biases.length);
  const floats = new Float32Array(words.buffer);
  biases.forEach(([token, bias], index) => {
    words[2 * index] = token;
    floats[2 * index + 1] = bias;
  });
  return words;
}
