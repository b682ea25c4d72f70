import type { BatchResult } from "@bayling/core/backend";
import { ReadBack } from "../device/read-back.ts";
import { attentionSplits } from "../kernels/attention-span.ts";
import type { Program } from "../plan/program.ts";
import type { WebGpuEngine } from "../webgpu-engine.ts";
import { abortable } from "./abortable.ts";
import { BatchExtents } from "./batch-extents.ts";
import { type BatchLayout, layOutBatch, type OutputRow, type WebGpuItem } from "./batch-layout.ts";
import { type ComputedRow, OutputReader } from "./output-reader.ts";
import { Recorder } from "./recorder.ts";
import { maxSteps, TokenDrawer } from "./token-drawer.ts";

/** Evaluates batches on an engine: gives sequences room, lays the batch out, runs programs, and reads what is wanted. */
export class BatchRunner {
  readonly #engine: WebGpuEngine;
  readonly #extents: BatchExtents;
  readonly #reader: OutputReader;
  readonly #drawer: TokenDrawer;

  constructor(engine: WebGpuEngine) {
    const { context, resources } = engine;
    const readBack = new ReadBack(context);
    this.#engine = engine;
    this.#extents = new BatchExtents(context.device.queue, resources);
    this.#reader = new OutputReader(engine, readBack);
    this.#drawer = new TokenDrawer(engine, readBack, this.#extents);
  }

  /**
   * Results in the order of the batch. Sequences stay as they are: the caller counts what was evaluated.
   * @throws BayLingError `out-of-memory`, `scores-invalid`, `backend-failed`; the signal's reason
   */
  async run(batch: readonly WebGpuItem[], signal: AbortSignal | undefined): Promise<BatchResult[]> {
    const drawing = batch.filter(({ sample }) => sample !== undefined);
    const items = [...drawing, ...batch.filter(({ sample }) => sample === undefined)];
    const { sequences, context, profiler } = this.#engine;
    await sequences.reserve(
      items.map(({ sequence, tokens, sample }) => ({
        sequence,
        length: sequence.cached + tokens.length + Math.min(maxSteps, sample?.steps ?? 1) - 1,
      })),
    );
    const layout = layOutBatch(items, (sequence) => sequences.tableStart(sequence));
    const results: BatchResult[] = items.map(() => ({}));
    if (layout.singles && layout.states.length === 0) await this.#runSingles(items, layout, results, signal);
    else await this.#runPieces(items, layout, results, signal);
    await profiler?.collect();
    context.checkFailure();
    return batch.map((item) => results[items.indexOf(item)]!);
  }

  /** Every row is another sequence that goes on by one token: row r has the scores r. */
  async #runSingles(
    items: readonly WebGpuItem[],
    layout: BatchLayout,
    results: BatchResult[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { programs, resources } = this.#engine;
    const rows = items.length;
    this.#write(resources.batch.decodeRows, layout.rowData);
    this.#extents.setRows(rows);
    const farthest = Math.max(...items.map(({ sequence }) => sequence.cached));
    this.#extents.extent.splits = attentionSplits(resources.shape, farthest);
    const needed = [await programs.layers(rows, "split")];
    if (layout.scores.length > 0) {
      this.#extents.setOutputs(rows);
      needed.push(await programs.scores(rows, false));
    }
    const computed = layout.scores.map((output) => ({ ...output, index: output.batchRow }));
    await this.#answer(items, computed, needed, results, signal);
  }

  /** Pieces of any length: layers once, then scores for as many rows at a time as there is room for. */
  async #runPieces(
    items: readonly WebGpuItem[],
    layout: BatchLayout,
    results: BatchResult[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { context, programs, resources } = this.#engine;
    const { batch, activations } = resources;
    this.#write(batch.prefillRows, layout.rowData);
    this.#write(batch.tiles, layout.tiles);
    this.#extents.setRows(layout.rows);
    this.#extents.extent.tiles = layout.tiles.length / 2;
    const recorder = new Recorder(this.#engine, this.#extents.extent);
    recorder.program(await programs.layers(layout.rows, "tiled"));
    recorder.submit();
    const { scoreRows } = activations.shape;
    for (const [index, outputs] of chunks(layout.scores, scoreRows).entries()) {
      this.#select(outputs);
      if (index === 0) this.#write(batch.decodeRows, layout.lastRowData);
      await this.#answer(items, computedRows(outputs), [await programs.scores(outputs.length, true)], results, signal);
    }
    for (const outputs of chunks(layout.states, scoreRows)) {
      this.#select(outputs);
      const states = new Recorder(this.#engine, this.#extents.extent);
      states.program(await programs.states());
      const read = this.#reader.recordStates(states, items, computedRows(outputs), results);
      states.submit();
      await abortable(read(), signal);
    }
    if (layout.scores.length + layout.states.length === 0) {
      await abortable(context.device.queue.onSubmittedWorkDone(), signal);
    }
  }

  /** Runs programs to their scores, and gives every item what it wants of them; items that draw are the first rows. */
  async #answer(
    items: readonly WebGpuItem[],
    rows: readonly ComputedRow[],
    programs: readonly Program[],
    results: BatchResult[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const recorder = new Recorder(this.#engine, this.#extents.extent);
    for (const program of programs) recorder.program(program);
    const read = await this.#reader.recordScores(recorder, items, rows, results);
    let reading: Promise<void> | undefined;
    const submitted = () => {
      reading = read();
      reading.catch(() => {}); // awaited below, unless drawing fails
    };
    const drawing = items.filter(({ sample }) => sample !== undefined);
    if (rows.some(({ item }) => item < drawing.length)) {
      // Drawing changes scores; what others want of them is copied by then.
      const drawn = await this.#drawer.draw(drawing, recorder, submitted, signal);
      drawn.forEach((sampled, item) => {
        results[item] = { sampled };
      });
    } else {
      recorder.submit();
      submitted();
    }
    if (rows.length === 0) {
      await abortable(this.#engine.context.device.queue.onSubmittedWorkDone(), signal);
    }
    await abortable(reading!, signal);
  }

  #select(outputs: readonly OutputRow[]): void {
    this.#write(
      this.#engine.resources.batch.outputRows,
      Uint32Array.from(outputs, ({ batchRow }) => batchRow),
    );
    this.#extents.setOutputs(outputs.length);
  }

  #write(buffer: GPUBuffer, data: Uint32Array<ArrayBuffer>): void {
    this.#engine.context.device.queue.writeBuffer(buffer, 0, data);
  }
}

/** Selected rows lie one after the other. */
function computedRows(outputs: readonly OutputRow[]): ComputedRow[] {
  return outputs.map((output, index) => ({ ...output, index }));
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
