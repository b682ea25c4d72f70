import type { DeviceSampling } from "@bayling/core/backend";
import type { ReadBack } from "../device/read-back.ts";
import { attentionSplits } from "../kernels/attention-span.ts";
import { DeviceSampler } from "../sampling/device-sampler.ts";
import { drawnTokens } from "../sampling/drawn-tokens.ts";
import type { WebGpuEngine } from "../webgpu-engine.ts";
import { abortable } from "./abortable.ts";
import type { BatchExtents } from "./batch-extents.ts";
import type { WebGpuItem } from "./batch-layout.ts";
import { Recorder } from "./recorder.ts";

/** The most tokens that are drawn in one run. */
export const maxSteps = 64;

/** The most steps that are read back together: long runs are asked for where steps are short. */
const maxStepsPerRead = 4;

/** Reads that may be on their way at once: the GPU computes the steps of one while the host records the next. */
const readsInFlight = 2;

/** Draws tokens on the GPU, one after the other, without waiting for the host in between. */
export class TokenDrawer {
  readonly #engine: WebGpuEngine;
  readonly #readBack: ReadBack;
  readonly #extents: BatchExtents;
  readonly #sampler: DeviceSampler;
  /** Rows of what is drawn in one step; more than are in use, as a rule. */
  readonly #maxRows: number;

  constructor(engine: WebGpuEngine, readBack: ReadBack, extents: BatchExtents) {
    const { activations, batch, graph } = engine.resources;
    this.#engine = engine;
    this.#readBack = readBack;
    this.#extents = extents;
    this.#maxRows = engine.maxSequences;
    const { scoreStride } = activations.shape;
    this.#sampler = new DeviceSampler(
      engine.context,
      { vocabularySize: graph.config.vocabularySize, scoreStride, maxRows: this.#maxRows, maxSteps },
      { scores: activations.scores, rows: batch.decodeRows },
    );
  }

  /**
   * Tokens for items whose scores are rows 0, 1 … of the scores, and whose rows are those of `decodeRows`. As many steps
   * as the item that wants the fewest, fewer when all have met a stop token.
   * @param first has recorded what computes the scores; the first draw is recorded behind it, and it is submitted
   * @param onFirst called then
   * @returns one array an item, of at least one token
   */
  async draw(
    items: readonly WebGpuItem[],
    first: Recorder,
    onFirst: () => void,
    signal: AbortSignal | undefined,
  ): Promise<Uint32Array<ArrayBuffer>[]> {
    const samplings = items.map(({ sample }) => sample!);
    const steps = Math.min(maxSteps, ...samplings.map((sampling) => sampling.steps));
    const drawn = new Uint32Array(steps * this.#maxRows);
    const taken = await this.#run(items, steps, drawn, first, onFirst, signal);
    return samplings.map((sampling, row) =>
      drawnTokens(drawn.subarray(0, taken * this.#maxRows), this.#maxRows, row, { ...sampling, steps }),
    );
  }

  /**
   * @param drawn filled with what is drawn, [steps, maxRows]
   * @returns how many steps were needed
   */
  async #run(
    items: readonly WebGpuItem[],
    steps: number,
    drawn: Uint32Array,
    first: Recorder,
    onFirst: () => void,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { profiler, programs, resources } = this.#engine;
    const { extent } = this.#extents;
    const rows = items.length;
    const next = steps === 1 ? [] : [await programs.layers(rows, "split"), await programs.scores(rows, false)];
    await this.#sampler.prepare(
      items.map(({ sample, mask }) => ({ spec: sample!.spec, history: sample!.history, mask })),
    );
    signal?.throwIfAborted();
    const farthest = Math.max(...items.map(({ sequence, tokens }) => sequence.cached + tokens.length - 1));
    const reads: Promise<number>[] = [];
    const stepsPerRead = Math.max(1, Math.min(maxStepsPerRead, Math.floor(steps / 4)));
    for (let begin = 0; begin < steps; begin += stepsPerRead) {
      const end = Math.min(begin + stepsPerRead, steps);
      const staging = this.#readBack.take((end - begin) * this.#maxRows * 4);
      for (let step = begin; step < end; step++) {
        const recorder = step === 0 ? first : new Recorder(this.#engine, extent);
        if (step > 0) {
          extent.splits = attentionSplits(resources.shape, farthest + step);
          for (const program of next) recorder.program(program);
        }
        recorder.dispatches(this.#sampler.dispatches);
        if (step + 1 === end) this.#copyDrawn(recorder, begin, end, staging);
        recorder.submit();
        if (step === 0) {
          onFirst();
          this.#setRows(rows, steps);
        }
        await profiler?.collect();
      }
      reads.push(this.#read(staging, begin, end, drawn));
      if (reads.length < readsInFlight) continue;
      const known = await abortable(reads.shift()!, signal);
      // What is on its way beyond a stop token is in vain, and nobody waits for it.
      if (items.every(({ sample }, row) => this.#hasStopped(drawn, row, known, sample!))) return known;
    }
    await abortable(Promise.all(reads), signal);
    return steps;
  }

  /** What was evaluated first may have been of another size than the single tokens that follow. */
  #setRows(rows: number, steps: number): void {
    if (steps === 1) return;
    this.#extents.setRows(rows);
    this.#extents.setOutputs(rows);
  }

  #copyDrawn(recorder: Recorder, begin: number, end: number, staging: GPUBuffer): void {
    const stepBytes = this.#maxRows * 4;
    recorder.copy(this.#sampler.drawn, begin * stepBytes, staging, 0, (end - begin) * stepBytes);
  }

  /** Resolves with `end`. */
  #read(staging: GPUBuffer, begin: number, end: number, drawn: Uint32Array): Promise<number> {
    const read = this.#readBack.read(staging, (end - begin) * this.#maxRows * 4, (bytes) => {
      drawn.set(new Uint32Array(bytes), begin * this.#maxRows);
      return end;
    });
    read.catch(() => {}); // awaited later, unless an earlier one fails or says that all is done
    return read;
  }

  #hasStopped(drawn: Uint32Array, row: number, steps: number, { stopTokens }: DeviceSampling): boolean {
    const { vocabularySize } = this.#engine.resources.graph.config;
    for (let step = 0; step < steps; step++) {
      const token = drawn[step * this.#maxRows + row]!;
      // What is no token ends the row, too: it says why nothing could be drawn.
      if (token >= vocabularySize || stopTokens.includes(token)) return true;
    }
    return false;
  }
}
