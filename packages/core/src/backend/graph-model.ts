import { BayLingError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { sampleToken } from "../sampling/sampler.ts";
import { applyMask } from "../sampling/token-mask.ts";
import { topScores } from "../sampling/top-scores.ts";
import type {
  BackendModel,
  BackendSequence,
  BatchItem,
  BatchResult,
  Capabilities,
  DeviceSampling,
  LoadedModel,
  LoadOptions,
} from "./backend.ts";
import type { ComputeContext, DeviceBuffer, DeviceWeight } from "./compute-device.ts";
import { continueSampling } from "./continue-sampling.ts";
import { EventLoopBreak } from "./event-loop-break.ts";
import { GraphInterpreter, type Segment } from "./graph-interpreter.ts";
import { GraphSequence } from "./graph-sequence.ts";

/**
 * Rows of activations that are held at once: enough to share decoded weights, and few enough that one linear of plain
 * JavaScript (4e8 multiplications take about half a second) does not keep timers and aborts waiting.
 */
function batchTokens({ weights }: Graph): number {
  const widest = Math.max(...weights.map(({ shape }) => shape.reduce((product, size) => product * size, 1)));
  return Math.min(64, Math.max(8, Math.floor(4e8 / widest)));
}

/** A model that the graph interpreter runs; see `createGraphBackend`. */
export class GraphModel<B extends DeviceBuffer, W extends DeviceWeight> implements BackendModel {
  readonly capabilities: Capabilities;
  readonly #context: ComputeContext<B, W>;
  readonly #graph: Graph;
  readonly #interpreter: GraphInterpreter<B, W>;
  readonly #sequences = new Set<GraphSequence<B, W>>();
  readonly #break = new EventLoopBreak();
  #disposed = false;

  constructor(
    context: ComputeContext<B, W>,
    model: LoadedModel,
    weights: ReadonlyMap<string, W>,
    { contextLength, maxSequences }: LoadOptions,
  ) {
    this.#context = context;
    this.#graph = model.graph;
    this.#interpreter = new GraphInterpreter(context, model.graph, weights);
    this.capabilities = {
      ...{ fork: true, deviceSampling: true, masks: true, top: true, embeddings: true },
      ...{ maxSequences, maxBatchTokens: batchTokens(model.graph), contextLength },
    };
  }

  doCreateSequence(): Promise<BackendSequence> {
    return new Promise((resolve) => resolve(this.#createSequence()));
  }

  async doEvaluate(
    batch: readonly BatchItem[],
    { signal }: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]> {
    this.#check();
    const before = batch.map(({ sequence }) => sequence.position);
    try {
      const results = await this.#evaluateOnce(batch, signal);
      await continueSampling(batch, results, (next) => this.#evaluateOnce(next, signal));
      return results;
    } catch (error) {
      batch.forEach(({ sequence }, index) => {
        if (sequence.position > before[index]!) sequence.doTruncate(before[index]!);
      });
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const sequence of [...this.#sequences]) sequence.dispose();
    await this.#context.dispose();
  }

  #createSequence(): GraphSequence<B, W> {
    this.#check();
    if (this.#sequences.size >= this.capabilities.maxSequences) {
      throw new BayLingError("sequence-limit", {
        problem: "no more sequences can be alive at once",
        expected: `at most ${this.capabilities.maxSequences}`,
        remedy: "Dispose one, or load the model with a larger maxSequences",
      });
    }
    const { numHiddenLayers: layers, numKeyValueHeads, headSize } = this.#graph.config;
    const sequence = new GraphSequence(
      this.#context,
      { layers, width: numKeyValueHeads * headSize, contextLength: this.capabilities.contextLength },
      () => this.#createSequence(),
      (disposed) => this.#sequences.delete(disposed),
    );
    this.#sequences.add(sequence);
    return sequence;
  }

  async #evaluateOnce(batch: readonly BatchItem[], signal: AbortSignal | undefined): Promise<BatchResult[]> {
    const count = batch.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const tokens = new Uint32Array(count);
    const positions = new Uint32Array(count);
    const segments: Segment<B>[] = [];
    let firstRow = 0;
    for (const item of batch) {
      const sequence = item.sequence as GraphSequence<B, W>;
      const { position } = sequence;
      const rows = item.tokens.length;
      sequence.reserve(position + rows);
      tokens.set(item.tokens, firstRow);
      for (let row = 0; row < rows; row++) positions[firstRow + row] = position + row;
      segments.push({ firstRow, rows, position, keyCaches: sequence.keyCaches, valueCaches: sequence.valueCaches });
      firstRow += rows;
    }

    const outputs = new OutputRows(batch, segments);
    await this.#interpreter.run({ tokens, positions, segments, ...outputs }, () => this.#break.pause(signal));
    const { scores, hidden, config } = this.#graph;
    const read = (value: typeof scores, rows: number): Promise<Float32Array> =>
      rows === 0
        ? Promise.resolve(new Float32Array(0))
        : this.#context.read(this.#interpreter.buffer(value), 0, rows * value.width);
    const scoreRows = await read(scores, outputs.scoreRows);
    const hiddenRows = await read(
      hidden,
      outputs.outputRows.length > outputs.scoreRows ? outputs.outputRows.length : 0,
    );
    for (const item of batch) (item.sequence as GraphSequence<B, W>).advance(item.tokens.length);
    return batch.map((item, index) => {
      const first = outputs.firstOutput[index]!;
      const rowsOf = (rows: Float32Array, width: number, many: number) =>
        rows.length === many * width ? rows : rows.slice(first * width, (first + many) * width);
      if (item.want === "embedding") return { embedding: rowsOf(hiddenRows, config.hiddenSize, item.tokens.length) };
      if (item.want === "none" && item.sample === undefined) return {};
      const many = item.want === "all" ? item.tokens.length : 1;
      return answer(item, rowsOf(scoreRows, config.vocabularySize, many));
    });
  }

  #check(): void {
    if (this.#disposed) throw new BayLingError("disposed", { source: "model", problem: "the model is disposed" });
  }
}

/** Which rows of the batch are wanted: rows for scores first, rows for hidden states after them. */
class OutputRows {
  readonly outputRows: number[] = [];
  readonly scoreRows: number;
  /** For each item, where its rows begin in `outputRows`. */
  readonly firstOutput: number[] = [];

  constructor(batch: readonly BatchItem[], segments: readonly Segment<unknown>[]) {
    this.#collect(batch, segments, (item) => item.want !== "embedding");
    this.scoreRows = this.outputRows.length;
    this.#collect(batch, segments, (item) => item.want === "embedding");
  }

  #collect(
    batch: readonly BatchItem[],
    segments: readonly Segment<unknown>[],
    include: (item: BatchItem) => boolean,
  ): void {
    batch.forEach((item, index) => {
      if (!include(item)) return;
      const { firstRow, rows } = segments[index]!;
      this.firstOutput[index] = this.outputRows.length;
      if (item.want === "none" && item.sample === undefined) return;
      const first = item.want === "all" || item.want === "embedding" ? 0 : rows - 1;
      for (let row = first; row < rows; row++) this.outputRows.push(firstRow + row);
    });
  }
}

function answer(item: BatchItem, scores: Float32Array): BatchResult {
  if (item.sample !== undefined) return { sampled: Uint32Array.of(draw(item, item.sample, scores)) };
  if (typeof item.want === "object") return { top: topScores(scores, item.want.top, item.want.ids, item.mask) };
  if (item.mask !== undefined && item.want === "last") applyMask(scores, item.mask);
  return { scores };
}

function draw(item: BatchItem, { spec, history }: DeviceSampling, scores: Float32Array): number {
  return sampleToken(scores, spec, { position: item.sequence.position, history, mask: item.mask });
}
