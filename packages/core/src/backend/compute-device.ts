/**
 * The lower, optional seam for plugin authors. A `ComputeDevice` knows seven operations and no model;
 * `createGraphBackend(device)` lifts it to a whole {@link Backend} by walking the graph. Implement this to bring new
 * hardware up quickly; implement `Backend` itself to fuse, compile or sample on the device.
 *
 * Order: operations take effect in the order in which they are called, and `read` returns what all earlier calls
 * wrote. Whether a call runs at once or records for later is the device's own business.
 */
import type { TensorType } from "../formats/tensor-types.ts";
import type { RopePairing } from "../graph/model-config.ts";
import type { ProbeResult } from "./backend.ts";

/** f32 elements on the device. */
export interface DeviceBuffer {
  /** In elements. */
  readonly length: number;
}

/** A weight on the device, in whatever layout the device likes. */
export interface DeviceWeight {
  readonly type: TensorType;
  readonly shape: readonly number[];
}

/** What a weight is before it is uploaded; bytes are in GGUF's layout of `type`, row by row. */
export interface WeightUpload {
  readonly name: string;
  readonly type: TensorType;
  /** [length] or [rows, columns]. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Reads a byte range; the caller of `read` owns the array. Read large weights piece by piece. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

export interface EmbedArguments<B, W> {
  readonly table: W;
  /** One row of `table` for each row of `output`; in range. Taken at the time of the call. */
  readonly ids: Uint32Array;
  readonly output: B;
}

export interface RmsNormArguments<B, W> {
  readonly input: B;
  /** [groupSize] */
  readonly weight: W;
  readonly rows: number;
  /** A multiple of `groupSize`. */
  readonly width: number;
  readonly groupSize: number;
  readonly epsilon: number;
  /** May be `input`. */
  readonly output: B;
}

export interface LinearArguments<B, W> {
  /** [rows, columns of weight] */
  readonly input: B;
  readonly weight: W;
  /** [rows of weight] */
  readonly bias?: W | undefined;
  readonly rows: number;
  /** [rows, rows of weight]; never `input`. */
  readonly output: B;
}

export interface RopeArguments<B> {
  /** [rows, width] */
  readonly input: B;
  readonly rows: number;
  readonly width: number;
  readonly headSize: number;
  readonly pairing: RopePairing;
  /** Radians a position, float64, one for each pair; the same array object on every call of one node. */
  readonly frequencies: readonly number[];
  readonly magnitude: number;
  /** The position of each row. Taken at the time of the call. */
  readonly positions: Uint32Array;
  /** May be `input`. */
  readonly output: B;
}

export interface AttentionArguments<B> {
  /** [all rows, heads · headSize] */
  readonly query: B;
  /** [all rows, keyValueHeads · headSize] */
  readonly key: B;
  readonly value: B;
  /** The rows of one sequence within the batch: `rows` rows from `firstRow`. */
  readonly firstRow: number;
  readonly rows: number;
  /** The position of the first row; the others follow. */
  readonly position: number;
  /** The KV cache of this layer and sequence: [capacity, keyValueHeads · headSize] each, capacity ≥ position + rows. */
  readonly keyCache: B;
  readonly valueCache: B;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly scale: number;
  /** Attend to this many last positions, the own one included. */
  readonly window?: number | undefined;
  /** [all rows, heads · headSize]; rows outside the range are left as they are. */
  readonly output: B;
}

export interface SwigluArguments<B> {
  readonly gate: B;
  readonly up: B;
  /** In elements. */
  readonly length: number;
  /** May be `gate` or `up`. */
  readonly output: B;
}

export interface AddArguments<B> {
  readonly left: B;
  readonly right: B;
  /** In elements. */
  readonly length: number;
  /** May be `left` or `right`. */
  readonly output: B;
}

/**
 * What one model holds open on a device. Buffers may be longer than an operation needs: rows and lengths count, and
 * what lies behind them is left as it is.
 * Arguments arrive validated; an operation that fails all the same throws `backend-failed` from itself or from the
 * next `read`.
 */
export interface ComputeContext<B extends DeviceBuffer = DeviceBuffer, W extends DeviceWeight = DeviceWeight> {
  /** @throws BayLingError `out-of-memory` */
  upload(weight: WeightUpload): Promise<W>;
  /** A buffer of zeros. @throws BayLingError `out-of-memory` */
  allocate(length: number): B;
  free(object: B | W): void;
  /** Takes a copy of `data` before it returns. */
  write(buffer: B, offset: number, data: Float32Array): void;
  copy(from: B, fromOffset: number, to: B, toOffset: number, length: number): void;
  /** What earlier calls wrote, whatever is called before it resolves. The caller owns the array. */
  read(buffer: B, offset: number, length: number): Promise<Float32Array<ArrayBuffer>>;

  embed(work: EmbedArguments<B, W>): void;
  rmsNorm(work: RmsNormArguments<B, W>): void;
  linear(work: LinearArguments<B, W>): void;
  rope(work: RopeArguments<B>): void;
  attention(work: AttentionArguments<B>): void;
  swiglu(work: SwigluArguments<B>): void;
  add(work: AddArguments<B>): void;

  /** Frees everything that is still allocated. Called once. */
  dispose(): Promise<void>;
}

export interface ComputeDevice<B extends DeviceBuffer = DeviceBuffer, W extends DeviceWeight = DeviceWeight> {
  readonly specificationVersion: "v1";
  /** Lower-case kebab word, also the id of the backend made from it. */
  readonly id: string;
  /** Types that `upload` takes for matrices; vectors (norms, biases) always arrive as F32. */
  readonly weightTypes: readonly TensorType[];
  /** Never throws and loads nothing heavy. */
  probe(): Promise<ProbeResult>;
  /** Opens the device for one model. @throws BayLingError `backend-not-available` */
  open(): Promise<ComputeContext<B, W>>;
}
