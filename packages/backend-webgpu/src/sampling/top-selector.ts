import type { TokenMask, TopScores } from "@bayling/core/backend";
import { bind, type Dispatch } from "../device/dispatch.ts";
import type { GpuContext } from "../device/gpu-context.ts";
import type { Kernel } from "../device/kernel.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { scoreGroups } from "./kernels/score-groups.ts";
import { scoreSums } from "./kernels/score-sums.ts";
import { maxTopOnGpu, requestWords, selectTop } from "./kernels/select-top.ts";
import { chunksOf, groupsOf, type ScoreShape } from "./score-shape.ts";
import { TokenMasks } from "./token-masks.ts";

export interface TopSelectorShape extends ScoreShape {
  readonly maxRows: number;
}

/** The `want` of an item, and its mask. */
export interface TopRequest {
  readonly top: number;
  readonly ids?: readonly number[] | undefined;
  readonly mask?: TokenMask | undefined;
}

type Step = "sums" | "groups" | "select";

/** Where the answer to a request lies in `output`, in words. */
interface Answer {
  readonly start: number;
  readonly top: number;
  readonly selected: number;
}

/**
 * Finds the best tokens of rows of scores and log-probabilities of asked ones, as core's `topScores` does on the host.
 * `prepare`, then `dispatches` after the scores, then the first `byteLength` bytes of `output` are read and decoded.
 */
export class TopSelector {
  readonly #context: GpuContext;
  readonly #shape: TopSelectorShape;
  readonly #scores: GPUBuffer;
  readonly #kernels: Readonly<Record<Step, Kernel>>;
  readonly #requestWords: Uint32Array<ArrayBuffer>;
  readonly #requests: GPUBuffer;
  readonly #sums: GPUBuffer;
  readonly #groups: GPUBuffer;
  readonly #listed: GPUBuffer;
  readonly #masks: TokenMasks;
  readonly #ids: GrowingBuffer;
  readonly #output: GrowingBuffer;
  #bindGroups: Readonly<Record<Step, GPUBindGroup>>;
  #answers: readonly (Answer | undefined)[] = [];
  #byteLength = 0;
  #dispatches: readonly Dispatch[] = [];

  /** Whether `top` tokens can be selected here; for more, read the row and take core's `topScores`. */
  static canSelect(top: number, vocabularySize: number): boolean {
    return Math.min(top, vocabularySize) <= maxTopOnGpu;
  }

  /** @param scores f32 [maxRows, scoreStride]; left as they are */
  constructor(context: GpuContext, shape: TopSelectorShape, scores: GPUBuffer) {
    const { maxRows } = shape;
    this.#context = context;
    this.#shape = shape;
    this.#scores = scores;
    this.#kernels = kernelsOf(shape);
    this.#requestWords = new Uint32Array(maxRows * requestWords);
    this.#requests = context.createStorage("top requests", this.#requestWords.byteLength);
    this.#sums = context.createStorage("score sums", 8 * maxRows * chunksOf(shape));
    this.#groups = context.createStorage("score groups", 8 * maxRows * groupsOf(shape));
    this.#listed = context.createStorage("listed groups", 4 * maxRows * groupsOf(shape));
    this.#masks = new TokenMasks(context, shape, maxRows);
    this.#ids = new GrowingBuffer(context, "asked tokens", 4 * 64);
    this.#output = new GrowingBuffer(context, "top scores", 4 * 256);
    this.#bindGroups = this.#bind();
  }

  /** What is to be read, from its beginning; another buffer when `prepare` needed a larger one. */
  get output(): GPUBuffer {
    return this.#output.buffer;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** In order, in one compute pass. */
  get dispatches(): readonly Dispatch[] {
    return this.#dispatches;
  }

  /**
   * Commands of an earlier selection must have been submitted.
   * @param requests 1 … maxRows; request i is about row i of the scores, `undefined` for a row of other use. `top` as
   * {@link canSelect} allows.
   */
  async prepare(requests: readonly (TopRequest | undefined)[]): Promise<void> {
    const { vocabularySize } = this.#shape;
    const ids: number[] = [];
    let end = 0;
    this.#requestWords.fill(0);
    this.#answers = requests.map((request, row) => {
      if (request === undefined) return undefined;
      const top = Math.min(request.top, vocabularySize);
      const selected = request.ids?.length ?? 0;
      const answer: Answer = { start: end, top, selected };
      this.#requestWords.set([top, ids.length, selected, end], row * requestWords);
      for (const id of request.ids ?? []) ids.push(id);
      end += 1 + 2 * top + selected;
      return answer;
    });
    this.#byteLength = 4 * end;
    const grew = [
      this.#masks.write(requests.map((request) => request?.mask)),
      this.#ids.reserve(4 * ids.length),
      this.#output.reserve(this.#byteLength),
    ];
    const { queue } = this.#context.device;
    queue.writeBuffer(this.#requests, 0, this.#requestWords);
    if (ids.length > 0) queue.writeBuffer(this.#ids.buffer, 0, Uint32Array.from(ids));
    if (grew.includes(true)) this.#bindGroups = this.#bind();
    await this.#plan(requests.length);
  }

  /**
   * The answer to request `row`. The caller owns the arrays.
   * @param words what was read of `output`
   */
  decode(words: Uint32Array, row: number): TopScores {
    return decodeAnswer(words, this.#answers[row] ?? { start: 0, top: 0, selected: 0 });
  }

  dispose(): void {
    for (const growing of [this.#masks, this.#ids, this.#output]) growing.dispose();
    for (const buffer of [this.#requests, this.#sums, this.#groups, this.#listed]) this.#context.free(buffer);
  }

  async #plan(rows: number): Promise<void> {
    await this.#context.pipelines.prepare(Object.values(this.#kernels));
    const chunks = chunksOf(this.#shape);
    const steps: readonly Step[] = ["sums", "groups", "select"];
    this.#dispatches = steps.map((step) => ({
      pipeline: this.#context.pipelines.get(this.#kernels[step]),
      bindGroup: this.#bindGroups[step],
      workgroups: step === "select" ? [rows, 1, 1] : [chunks, rows, 1],
    }));
  }

  #bind(): Record<Step, GPUBindGroup> {
    const buffers: Readonly<Record<string, GPUBuffer>> = {
      scores: this.#scores,
      requests: this.#requests,
      sums: this.#sums,
      groups: this.#groups,
      listed: this.#listed,
      masks: this.#masks.buffer,
      ids: this.#ids.buffer,
      output: this.output,
    };
    const { device, pipelines } = this.#context;
    const bound = Object.entries(this.#kernels).map(([step, kernel]) => {
      const entries = kernel.bindings.map(({ name }) => buffers[name]!);
      return [step, bind(device, pipelines.bound(kernel), entries)];
    });
    return Object.fromEntries(bound) as Record<Step, GPUBindGroup>;
  }
}

function kernelsOf(shape: TopSelectorShape): Record<Step, Kernel> {
  return {
    sums: scoreSums(shape),
    groups: scoreGroups({ ...shape, parameters: false }),
    select: selectTop(shape),
  };
}

function decodeAnswer(words: Uint32Array, { start, top, selected }: Answer): TopScores {
  const count = top === 0 ? 0 : words[start]!;
  const floats = (from: number, length: number) =>
    new Float32Array(words.slice(from, from + length).buffer as ArrayBuffer);
  return {
    ids: words.slice(start + 1, start + 1 + count),
    logProbabilities: floats(start + 1 + top, count),
    selected: floats(start + 1 + 2 * top, selected),
  };
}
