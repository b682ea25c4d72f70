import type { DeviceBuffer, DeviceWeight } from "../backend/compute-device.ts";
import type { Dequantizer } from "../formats/dequantize.ts";
import type { TensorType } from "../formats/tensor-types.ts";

/** An activation or a KV cache. */
export interface CpuBuffer extends DeviceBuffer {
  data: Float32Array;
}

/** A weight as the file stores it, whose rows are decoded when they are used; or decoded, without its bytes. */
export interface CpuWeight extends DeviceWeight {
  readonly type: TensorType;
  readonly shape: readonly number[];
  bytes: Uint8Array;
  readonly rowBytes: number;
  readonly decode: Dequantizer;
  /** Decoded; the same memory as `bytes` when the type is F32. */
  floats: Float32Array | undefined;
}

/** Working memory that kernels share; grows to the largest need and stays. Each call invalidates the one before it. */
export class CpuScratch {
  #decoded = new Float32Array(0);
  #scores = new Float32Array(0);
  #widened = new Float64Array(0);

  /** For weight rows out of their blocks. */
  decoded(length: number): Float32Array {
    if (this.#decoded.length < length) this.#decoded = new Float32Array(length);
    return this.#decoded;
  }

  /** For the attention scores of one query. */
  scores(length: number): Float32Array {
    if (this.#scores.length < length) this.#scores = new Float32Array(length);
    return this.#scores;
  }

  /** Activations in float64: widened once here instead of at each of their many uses. */
  widen(values: Float32Array, start: number, length: number): Float64Array {
    if (this.#widened.length < length) this.#widened = new Float64Array(length);
    const widened = this.#widened;
    for (let i = 0; i < length; i++) widened[i] = values[start + i]!;
    return widened;
  }
}
