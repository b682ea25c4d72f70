import { applyMask, type BatchResult, topScores } from "@bayling/core/backend";
import type { ReadBack } from "../device/read-back.ts";
import { type TopRequest, TopSelector } from "../sampling/top-selector.ts";
import type { WebGpuEngine } from "../webgpu-engine.ts";
import type { OutputRow, WebGpuItem } from "./batch-layout.ts";
import type { Recorder } from "./recorder.ts";

/** A row of the scores or states on the GPU, and whose it is. */
export interface ComputedRow extends OutputRow {
  /** The row of the buffer. */
  readonly index: number;
}

/** Records what brings scores and states to the host, and makes results of them. */
export class OutputReader {
  readonly #engine: WebGpuEngine;
  readonly #readBack: ReadBack;
  readonly #selector: TopSelector;
  readonly #vocabularySize: number;

  constructor(engine: WebGpuEngine, readBack: ReadBack) {
    const { context, resources, maxSequences } = engine;
    const { scores, shape } = resources.activations;
    this.#engine = engine;
    this.#readBack = readBack;
    this.#vocabularySize = resources.graph.config.vocabularySize;
    const selectorShape = {
      ...{ vocabularySize: this.#vocabularySize, scoreStride: shape.scoreStride, maxRows: maxSequences },
    };
    this.#selector = new TopSelector(context, selectorShape, scores);
  }

  /**
   * Records everything that items want of their rows, but what they draw.
   * @returns what to await once it is submitted; it fills in the results
   */
  async recordScores(
    recorder: Recorder,
    items: readonly WebGpuItem[],
    rows: readonly ComputedRow[],
    results: BatchResult[],
  ): Promise<() => Promise<void>> {
    const wanted = rows.filter(({ item }) => items[item]!.want !== "none");
    const selected = wanted.filter(({ item }) => this.#selects(items[item]!));
    const whole = wanted.filter(({ item }) => !this.#selects(items[item]!));
    const readSelected = await this.#recordTop(recorder, items, selected, results);
    const readWhole = this.#recordRows(recorder, whole, "scores", ({ item }, scores, row) => {
      const { want, mask } = items[item]!;
      if (typeof want === "object") results[item] = { top: topScores(scores, want.top, want.ids, mask) };
      else if (want === "all") append(results, item, "scores", scores, items[item]!.tokens.length, row);
      else {
        if (mask !== undefined) applyMask(scores, mask);
        results[item] = { scores };
      }
    });
    return async () => {
      await Promise.all([readSelected(), readWhole()]);
    };
  }

  recordStates(
    recorder: Recorder,
    items: readonly WebGpuItem[],
    rows: readonly ComputedRow[],
    results: BatchResult[],
  ): () => Promise<void> {
    return this.#recordRows(recorder, rows, "states", ({ item }, state, row) => {
      append(results, item, "embedding", state, items[item]!.tokens.length, row);
    });
  }

  #selects({ want }: WebGpuItem): boolean {
    return typeof want === "object" && TopSelector.canSelect(want.top, this.#vocabularySize);
  }

  async #recordTop(
    recorder: Recorder,
    items: readonly WebGpuItem[],
    rows: readonly ComputedRow[],
    results: BatchResult[],
  ): Promise<() => Promise<void>> {
    if (rows.length === 0) return () => Promise.resolve();
    const requests: (TopRequest | undefined)[] = [];
    for (const { item, index } of rows) {
      const { want, mask } = items[item]!;
      while (requests.length < index) requests.push(undefined);
      requests[index] = { ...(want as TopRequest), mask };
    }
    await this.#selector.prepare(requests);
    recorder.dispatches(this.#selector.dispatches);
    const { byteLength, output } = this.#selector;
    const staging = this.#readBack.take(byteLength);
    recorder.copy(output, 0, staging, 0, byteLength);
    return () =>
      this.#readBack.read(staging, byteLength, (bytes) => {
        const words = new Uint32Array(bytes);
        for (const { item, index } of rows) results[item] = { top: this.#selector.decode(words, index) };
      });
  }

  /** `use` gets each row as an array of its own. */
  #recordRows(
    recorder: Recorder,
    rows: readonly ComputedRow[],
    what: "scores" | "states",
    use: (row: ComputedRow, values: Float32Array<ArrayBuffer>, index: number) => void,
  ): () => Promise<void> {
    if (rows.length === 0) return () => Promise.resolve();
    const { activations, graph } = this.#engine.resources;
    const width = what === "scores" ? this.#vocabularySize : graph.config.hiddenSize;
    const stride = what === "scores" ? activations.shape.scoreStride : activations.shape.hiddenStride;
    const staging = this.#readBack.take(rows.length * width * 4);
    rows.forEach(({ index }, position) => {
      recorder.copy(activations[what], index * stride * 4, staging, position * width * 4, width * 4);
    });
    return () =>
      this.#readBack.read(staging, rows.length * width * 4, (bytes) => {
        rows.forEach((row, position) => {
          use(row, new Float32Array(bytes.slice(position * width * 4, (position + 1) * width * 4)), row.row);
        });
      });
  }
}

/** Puts row `row` of the batch's item into the result that holds all of them. */
function append(
  results: BatchResult[],
  item: number,
  field: "scores" | "embedding",
  values: Float32Array<ArrayBuffer>,
  count: number,
  row: number,
): void {
  const known = results[item]![field];
  const all = known ?? new Float32Array(count * values.length);
  if (known === undefined) results[item] = { [field]: all };
  all.set(values, row * values.length);
}
