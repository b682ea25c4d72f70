import type { RopeArguments } from "../../backend/compute-device.ts";
import type { CpuBuffer } from "../cpu-memory.ts";

/** Sine and cosine in float64, [position, pair] each; made once for every list of frequencies and grown on demand. */
export class RopeTable {
  readonly #frequencies: readonly number[];
  cosine: Float64Array = new Float64Array(0);
  sine: Float64Array = new Float64Array(0);

  constructor(frequencies: readonly number[]) {
    this.#frequencies = frequencies;
  }

  /** Makes the table long enough to hold `position`. */
  reach(position: number): void {
    const pairs = this.#frequencies.length;
    if (this.cosine.length > position * pairs) return;
    const positions = 2 ** Math.ceil(Math.log2(Math.max(64, position + 1)));
    this.cosine = new Float64Array(positions * pairs);
    this.sine = new Float64Array(positions * pairs);
    for (let index = 0; index < this.cosine.length; index++) {
      const angle = Math.floor(index / pairs) * this.#frequencies[index % pairs]!;
      this.cosine[index] = Math.cos(angle);
      this.sine[index] = Math.sin(angle);
    }
  }
}

/** Turns pair i of every head by positions[row] · frequencies[i] and multiplies it by `magnitude`. */
export function rope(work: RopeArguments<CpuBuffer>, table: RopeTable): void {
  const { rows, width, headSize, magnitude, positions } = work;
  const input = work.input.data;
  const output = work.output.data;
  const pairs = work.frequencies.length;
  const interleaved = work.pairing === "interleaved";
  const stride = interleaved ? 2 : 1;
  const distance = interleaved ? 1 : pairs;
  for (let row = 0; row < rows; row++) {
    const position = positions[row]!;
    table.reach(position);
    const { cosine, sine } = table;
    for (let head = row * width; head < (row + 1) * width; head += headSize) {
      for (let pair = 0; pair < pairs; pair++) {
        const first = head + pair * stride;
        const second = first + distance;
        const cos = cosine[position * pairs + pair]! * magnitude;
        const sin = sine[position * pairs + pair]! * magnitude;
        const x = input[first]!;
        const y = input[second]!;
        output[first] = x * cos - y * sin;
        output[second] = x * sin + y * cos;
      }
      for (let rest = head + 2 * pairs; rest < head + headSize; rest++) output[rest] = input[rest]!;
    }
  }
}
