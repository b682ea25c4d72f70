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

/** Reads of drawn tokens that may be on their way at once: the GPU computes while the host records. */
const readsInFlight = 2;

/** The most steps that are read back together: long runs are asked for where steps are short. */
const maxStepsPerRead = 4;

/** Draws tokens on the GPU, one after the other, without waiting for the host in between. */
export class TokenDrawer {
  readonly #engine: WebGpuEngine;
  readonly #readBack: ReadBack;
  readonly #extents: BatchExtents;
  readonly #sampler: DeviceSampler;
  readonly #maxRows: number;

  constructor(engine: WebGpuEngine, readBack: ReadBack, extents: BatchExtents) {
    const { context, resources, maxSequences } = engine;
    const { vocabularySize } = resources.graph.config;
    const { scores, shape } = resources.activations;
    this.#engine = engine;
    this.#readBack = readBack;
    this.#extents = extents;
    this.#maxRows = maxSequences;
    this.#sampler = new DeviceSampler(
      context,
      { vocabularySize, scoreStride: shape.scoreStride, maxRows: maxSequences, maxSteps },
      { scores, rows: resources.batch.decodeRows },
    );
  }

  /**
   * Tokens for items whose scores are rows 0, 1 … of the scores, and whose rows are those of `decodeRows`. As many steps
   * as the item that wants the fewest, fewer when all have met a stop token.
   * @returns one array an item, of at least one token
   */
  async draw(items: readonly WebGpuItem[], signal: AbortSignal | undefined): Promise<Uint32Array<ArrayBuffer>[]> {
    const samplings = items.map(({ sample }) => sample!);
    const steps = Math.min(maxSteps, ...samplings.map((sampling) => sampling.steps));
    this.#sampler.prepare(items.map(({ sample, mask }) => ({ spec: sample!.spec, history: sample!.history, mask })));
    const drawn = new Uint32Array(steps * this.#maxRows);
    const taken = await this.#run(items, samplings, drawn, steps, signal);
    return samplings.map((sampling, row) =>
      drawnTokens(drawn.subarray(0, taken * this.#maxRows), this.#maxRows, row, { ...sampling, steps }),
    );
  }

  /** @returns how many steps were made */
  async #run(
    items: readonly WebGpuItem[],
    samplings: readonly DeviceSampling[],
    drawn: Uint32Array,
    steps: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { profiler, programs, resources } = this.#engine;
    const rows = items.length;
    const layers = steps > 1 ? await programs.layers(rows, "split") : undefined;
    const scores = steps > 1 ? await programs.scores(rows, false) : undefined;
    const rowBytes = this.#maxRows * 4;
    const farthest = Math.max(...items.map(({ sequence, tokens }) => sequence.position + tokens.length - 1));
    const stepsPerRead = Math.max(1, Math.min(maxStepsPerRead, Math.floor(steps / 4)));
    const inFlight: Promise<void>[] = [];
    let read = 0;
    let known = 0;
    for (let step = 0; step < steps; step++) {
      const recorder = new Recorder(this.#engine, this.#extents.extent);
      if (step > 0) {
        this.#extents.extent.splits = attentionSplits(resources.shape, farthest + step);
        recorder.program(layers!);
        recorder.program(scores!);
      }
      recorder.dispatches(this.#sampler.dispatches);
      const made = step + 1;
      const reads = made - read >= stepsPerRead || made === steps;
      const bytes = (made - read) * rowBytes;
      const staging = reads ? this.#readBack.take(bytes) : undefined;
      if (staging !== undefined) recorder.copy(this.#sampler.drawn, read * rowBytes, staging, 0, bytes);
      recorder.submit();
      await profiler?.collect();
      if (step === 0 && steps > 1) {
        this.#extents.setRows(rows);
        this.#extents.setOutputs(rows);
      }
      if (staging === undefined) continue;
      const first = read * this.#maxRows;
      inFlight.push(
        this.#readBack.read(staging, bytes, (words) => {
          drawn.set(new Uint32Array(words), first);
          known = made;
        }),
      );
      inFlight.at(-1)!.catch(() => {}); // awaited below, unless an earlier one fails
      read = made;
      if (inFlight.length < readsInFlight) continue;
      await abortable(inFlight.shift()!, signal);
      if (samplings.every((sampling, row) => this.#hasStopped(drawn, row, known, sampling))) {
        await abortable(Promise.all(inFlight), signal);
        return read;
      }
    }
    await abortable(Promise.all(inFlight), signal);
    return steps;
  }

  #hasStopped(drawn: Uint32Array, row: number, steps: number, { stopTokens }: DeviceSampling): boolean {
    for (let step = 0; step < steps; step++) {
      const token = drawn[step * this.#maxRows + row]!;
      // What is no token ends the row, too: it says why nothing could be drawn.
      if (token >= this.#engine.resources.graph.config.vocabularySize || stopTokens.includes(token)) return true;
    }
    return false;
  }
}
