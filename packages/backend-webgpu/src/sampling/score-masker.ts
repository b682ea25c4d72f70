import type { TokenMask } from "@bayling/core/backend";
import { bind, type Dispatch } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { Kernel } from "../device/kernel.ts";
import { maskScores } from "./kernels/mask-scores.ts";
import { chunksOf, type ScoreShape } from "./score-shape.ts";
import { TokenMasks } from "./token-masks.ts";

export interface ScoreMaskerShape extends ScoreShape {
  readonly maxRows: number;
}

/** Sets scores of forbidden tokens to −Infinity on the GPU, for rows that are read back whole. */
export class ScoreMasker {
  readonly #context: GpuContext;
  readonly #shape: ScoreMaskerShape;
  readonly #scores: GPUBuffer;
  readonly #masks: TokenMasks;
  #bindGroup: GPUBindGroup;
  #dispatches: readonly Dispatch[] = [];

  /** The kernels, to compile them in advance. */
  static kernels(shape: ScoreMaskerShape): Kernel[] {
    return [maskScores(shape)];
  }

  /** @param scores f32 [maxRows, scoreStride] */
  constructor(context: GpuContext, shape: ScoreMaskerShape, scores: GPUBuffer) {
    this.#context = context;
    this.#shape = shape;
    this.#scores = scores;
    this.#masks = new TokenMasks(context, shape, shape.maxRows);
    this.#bindGroup = this.#bind();
  }

  /** In order, in one compute pass. */
  get dispatches(): readonly Dispatch[] {
    return this.#dispatches;
  }

  /**
   * Commands that use earlier masks must have been submitted.
   * @param masks 1 … maxRows; mask i is for row i of the scores, `undefined` leaves the row as it is
   */
  prepare(masks: readonly (TokenMask | undefined)[]): void {
    if (this.#masks.write(masks)) this.#bindGroup = this.#bind();
    const pipeline = this.#context.pipelines.get(maskScores(this.#shape));
    this.#dispatches = [{ pipeline, bindGroup: this.#bindGroup, workgroups: [chunksOf(this.#shape), masks.length, 1] }];
  }

  dispose(): void {
    this.#masks.dispose();
  }

  #bind(): GPUBindGroup {
    const { device, pipelines } = this.#context;
    return bind(device, pipelines.get(maskScores(this.#shape)), [this.#masks.buffer, this.#scores]);
  }
}
