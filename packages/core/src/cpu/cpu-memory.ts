import type { DeviceBuffer, DeviceWeight } from "../backend/compute-device.ts";
import type { Dequantizer } from "../formats/dequantize.ts";
import type { TensorType } from "../formats/tensor-types.ts";

/** An activation or a KV cache. */
export interface CpuBuffer extends DeviceBuffer {
  data: Float32Array;
}

/** A weight as the file stores it; rows are decoded when they are used. */
export interface CpuWeight extends DeviceWeight {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly rowBytes: number;
  readonly decode: Dequantizer;
  /** The same memory as `bytes` when the type is F32. */
  readonly floats: Float32Array | undefined;
}

/** Working memory that kernels share; grows to the largest need and stays. */
export class CpuScratch {
  #floats = new Float32Array(0);
  #doubles = new Float64Array(0);

  floats(length: number): Float32Array {
    if (this.#floats.length < length) this.#floats = new Float32Array(length);
    return this.#floats;
  }

  doubles(length: number): Float64Array {
    if (this.#doubles.length < length) this.#doubles = new Float64Array(length);
    return this.#doubles;
  }
}
