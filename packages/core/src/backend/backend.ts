/**
 * The upper, required seam: tokens in, scores or tokens out. A backend executes the graph of a model; text, templates,
 * special tokens and stop strings never cross it, so a plugin cannot get them wrong.
 *
 * A backend is a value that the user passes (`loadModel(source, { backend: webgpu() })`): there is no registry and
 * importing one does nothing. Methods that begin with `do` are called by core only, with complete and validated
 * options. What a backend does not declare in {@link Capabilities} core emulates; what it declares, the conformance
 * suite checks.
 */
import type { TensorType } from "../formats/tensor-types.ts";
import type { Graph } from "../graph/graph.ts";
import type { ModelConfig } from "../graph/model-config.ts";
import type { SamplingSpec } from "../sampling/sampling-spec.ts";
import type { TopScores } from "../sampling/top-scores.ts";

export interface DeviceInfo {
  /** What a person calls it: "NVIDIA H100", "AMD EPYC (2 cores)". */
  readonly name: string;
  readonly memoryBytes?: number | undefined;
}

export type ProbeResult =
  | { readonly available: true; readonly devices: readonly DeviceInfo[] }
  /** `reason` tells a person why not and what would help. */
  | { readonly available: false; readonly reason: string };

export interface Backend {
  readonly specificationVersion: "v1";
  /** Lower-case kebab word: "cpu", "webgpu", "cuda". */
  readonly id: string;
  /** Whether the backend can run here. Never throws, loads nothing. */
  probe(): Promise<ProbeResult>;
  /**
   * Brings a model onto the device. Errors of `weights.read` come out as they are, and an abort rejects even when it
   * comes during the last read.
   * @throws BayLingError `backend-not-available`, `tensor-type-not-supported`, `out-of-memory`; the signal's reason
   */
  doLoad(model: LoadedModel, options: LoadOptions): Promise<BackendModel>;
}

/** A model as core hands it to a backend: its graph, and its weights behind a reader. */
export interface LoadedModel {
  /** The source's name, for messages. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly graph: Graph;
  readonly weights: WeightSource;
  /**
   * For backends over engines that read files by themselves: absolute paths of the GGUF files on this machine that
   * hold exactly these weights and hyper-parameters, the parts of a split one in order. Absent where the model came
   * from elsewhere; whoever changes weights or graph leaves it out, and `contentKey` too.
   */
  readonly files?: readonly string[] | undefined;
  /**
   * For backends that keep what they made of weights: two models of the same key have the same bytes. It may hold a
   * URL with secrets, so it belongs in no message.
   */
  readonly contentKey?: string | undefined;
}

/** A weight as the file stores it. */
export interface StoredWeight {
  readonly type: TensorType;
  /** Equal to the shape of the graph's {@link WeightReference}. */
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/** The weights of a model by the names of the graph. Stays readable until the model is disposed. */
export interface WeightSource {
  /** @throws BayLingError `tensor-not-found` */
  get(name: string): StoredWeight;
  /** A range of the tensor's bytes in GGUF's layout of its type, rows in order. The caller owns the array. */
  read(
    name: string,
    offset: number,
    length: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array<ArrayBuffer>>;
}

export interface LoadProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface LoadOptions {
  /** Positions that every sequence can hold. */
  readonly contextLength: number;
  /** Sequences that are alive at the same time. */
  readonly maxSequences: number;
  /** Called often while weights arrive; must not throw. */
  readonly onProgress: (progress: LoadProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** What a loaded model can do by itself. Every flag says what core does when it is false. */
export interface Capabilities {
  /** `doFork` is there. False: core evaluates the prefix again in a new sequence. */
  readonly fork: boolean;
  /** `BatchItem.sample` is understood. False: core reads scores and samples on the host. */
  readonly deviceSampling: boolean;
  /** `BatchItem.mask` is understood. False: core masks the scores that it reads. */
  readonly masks: boolean;
  /** `want: { top }` is understood. False: core reads the whole row and takes the best. */
  readonly top: boolean;
  /** `want: "embedding"` is understood. False: asking for embeddings throws `capability-missing`. */
  readonly embeddings: boolean;
  /** Sequences that can be alive at once; at least 1 and at most what was asked for. */
  readonly maxSequences: number;
  /** Tokens that one `doEvaluate` takes, over all items; core cuts longer work into pieces. */
  readonly maxBatchTokens: number;
  /** Positions that every sequence can hold; at most what was asked for. */
  readonly contextLength: number;
}

export interface BackendModel {
  readonly capabilities: Capabilities;
  /** @throws BayLingError `sequence-limit`, `out-of-memory` */
  doCreateSequence(): Promise<BackendSequence>;
  /**
   * Evaluates every item: `tokens` are appended to `sequence` at its position. Core passes each sequence at most once
   * a call, never more than `maxBatchTokens` tokens, never past the context, never an id outside the vocabulary, and
   * never a second call before the first has settled.
   *
   * Result i belongs to item i, and must not depend on what else is in the batch (beyond float rounding). The same
   * calls on a fresh sequence give the same bits. On rejection every sequence of the batch is back at the position
   * that it had before the call; core then tries the items one by one, so that one cannot fail the others.
   * @throws the signal's reason when aborted (within one token for a batch of single tokens); BayLingError
   */
  doEvaluate(
    batch: readonly BatchItem[],
    options: { readonly signal: AbortSignal | undefined },
  ): Promise<readonly BatchResult[]>;
  /** Frees everything, sequences included. Called once, when nothing runs. */
  dispose(): Promise<void>;
}

/** The KV cache of one token sequence. */
export interface BackendSequence {
  /** How many tokens have been evaluated. */
  readonly position: number;
  /** Forgets all tokens from `position` on; 0 ≤ position ≤ current. */
  doTruncate(position: number): void;
  /** A second sequence with the same content. Present if and only if `capabilities.fork`. */
  doFork?(): Promise<BackendSequence>;
  /** May be called twice, and after the model is disposed. */
  dispose(): void;
}

/**
 * What to return:
 * - `none`: nothing (prefill)
 * - `last`: the scores after the last token
 * - `all`: the scores after every token
 * - `embedding`: the final hidden state of every token, after the last norm
 * - `{ top, ids }`: after the last token, the `top` best tokens (0 for none) and the tokens `ids`, with
 *   log-probabilities
 */
export type Want =
  | "none"
  | "last"
  | "all"
  | "embedding"
  | { readonly top: number; readonly ids?: readonly number[] | undefined };

/** Bit `id % 32` of word `id / 32` is set where a token is allowed; ⌈vocabulary / 32⌉ words. At least one bit is set. */
export type TokenMask = Uint32Array;

export interface BatchItem {
  readonly sequence: BackendSequence;
  /** At least one. */
  readonly tokens: Uint32Array;
  readonly want: Want;
  /**
   * Tokens that may come next. Scores of others become −Infinity in `last`, they are left out of `top`, and they are
   * never sampled. Log-probabilities, also those of `ids`, stay those of the whole distribution. Only with
   * `capabilities.masks`.
   */
  readonly mask?: TokenMask | undefined;
  /** Draw the next token on the device, and go on from it. Only with `capabilities.deviceSampling` and want `none`. */
  readonly sample?: DeviceSampling | undefined;
}

export interface DeviceSampling {
  readonly spec: SamplingSpec;
  /** The tokens that penalties count, oldest first; `tokens` of the item included. */
  readonly history: Uint32Array;
  /** How many tokens to draw, one after the other, ≥ 1. Afterwards all but the last drawn are in the sequence. */
  readonly steps: number;
  /** Drawing one of these ends the item early; it is the last token returned. */
  readonly stopTokens: readonly number[];
}

/** The one field that was wanted. Every array belongs to the caller; the backend keeps no reference. */
export interface BatchResult {
  /** `last`: [vocabulary]; `all`: [tokens, vocabulary]. Log-probabilities up to a constant for each row. */
  readonly scores?: Float32Array | undefined;
  readonly top?: TopScores | undefined;
  /** [tokens, hiddenSize] */
  readonly embedding?: Float32Array | undefined;
  /** 1 … steps tokens. */
  readonly sampled?: Uint32Array | undefined;
}
