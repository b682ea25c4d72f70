import {
  type AddArguments,
  type AttentionArguments,
  type ComputeContext,
  type ComputeDevice,
  type DeviceWeight,
  dequantize,
  type EmbedArguments,
  type LinearArguments,
  type RmsNormArguments,
  type RopeArguments,
  type SwigluArguments,
  type WeightUpload,
} from "@bayling/core/backend";

/** On this device a buffer is an array, and a weight is decoded when it is uploaded. */
type Buffer = Float32Array<ArrayBuffer>;

interface Weight extends DeviceWeight {
  readonly values: Buffer;
}

/** The smallest compute device: seven operations on arrays. Whole models come from `createGraphBackend(device)`. */
export function smallestDevice(): ComputeDevice<Buffer, Weight> {
  return {
    specificationVersion: "v1",
    id: "smallest-device",
    weightTypes: ["F32", "F16", "Q8_0", "Q4_K"],
    probe: async () => ({ available: true, devices: [{ name: "JavaScript arrays" }] }),
    open: async () => new SmallestContext(),
  };
}

class SmallestContext implements ComputeContext<Buffer, Weight> {
  async upload({ type, shape, byteLength, read }: WeightUpload): Promise<Weight> {
    const length = shape.reduce((product, size) => product * size, 1);
    return { type, shape, values: dequantize(type, await read(0, byteLength), length) };
  }

  allocate(length: number): Buffer {
    return new Float32Array(length);
  }

  free(): void {} // the garbage collector does

  write(buffer: Buffer, offset: number, data: Float32Array): void {
    buffer.set(data, offset);
  }

  copy(from: Buffer, fromOffset: number, to: Buffer, toOffset: number, length: number): void {
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
  }

  // Not `async` around later work: what is read is what earlier calls have written.
  read(buffer: Buffer, offset: number, length: number): Promise<Buffer> {
    return Promise.resolve(buffer.slice(offset, offset + length));
  }

  embed({ table, ids, output }: EmbedArguments<Buffer, Weight>): void {
    const width = table.shape[1]!;
    for (const [row, id] of ids.entries()) {
      output.set(table.values.subarray(id * width, (id + 1) * width), row * width);
    }
  }

  rmsNorm({ input, weight, rows, width, groupSize, epsilon, output }: RmsNormArguments<Buffer, Weight>): void {
    for (let start = 0; start < rows * width; start += groupSize) {
      let squares = 0;
      for (let i = 0; i < groupSize; i++) squares += input[start + i]! ** 2;
      const scale = 1 / Math.sqrt(squares / groupSize + epsilon);
      for (let i = 0; i < groupSize; i++) output[start + i] = input[start + i]! * scale * weight.values[i]!;
    }
  }

  linear({ input, weight, bias, rows, output }: LinearArguments<Buffer, Weight>): void {
    const [outputs, columns] = weight.shape as [number, number];
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias?.values[o] ?? 0;
        for (let i = 0; i < columns; i++) sum += weight.values[o * columns + i]! * input[row * columns + i]!;
        output[row * outputs + o] = sum;
      }
    }
  }

  rope(work: RopeArguments<Buffer>): void {
    const { input, rows, width, headSize, pairing, frequencies, magnitude, positions, output } = work;
    const pairs = frequencies.length;
    if (output !== input) output.set(input.subarray(0, rows * width)); // what does not turn passes through
    for (let row = 0; row < rows; row++) {
      for (let head = row * width; head < (row + 1) * width; head += headSize) {
        for (let pair = 0; pair < pairs; pair++) {
          const first = head + (pairing === "interleaved" ? 2 * pair : pair);
          const second = first + (pairing === "interleaved" ? 1 : pairs);
          const angle = positions[row]! * frequencies[pair]!;
          const [cosine, sine] = [Math.cos(angle) * magnitude, Math.sin(angle) * magnitude];
          const [x, y] = [input[first]!, input[second]!];
          output[first] = x * cosine - y * sine;
          output[second] = x * sine + y * cosine;
        }
      }
    }
  }

  attention(work: AttentionArguments<Buffer>): void {
    const { query, key, value, firstRow, rows, position, keyCache, valueCache, output } = work;
    const { heads, keyValueHeads, headSize, scale, window = Infinity } = work;
    const width = keyValueHeads * headSize;
    keyCache.set(key.subarray(firstRow * width, (firstRow + rows) * width), position * width);
    valueCache.set(value.subarray(firstRow * width, (firstRow + rows) * width), position * width);
    for (let row = 0; row < rows; row++) {
      const last = position + row;
      const first = Math.max(0, last - window + 1);
      for (let head = 0; head < heads; head++) {
        const own = ((firstRow + row) * heads + head) * headSize;
        const shared = Math.floor((head * keyValueHeads) / heads) * headSize;
        const scores: number[] = [];
        for (let p = first; p <= last; p++) {
          let dot = 0;
          for (let i = 0; i < headSize; i++) dot += query[own + i]! * keyCache[p * width + shared + i]!;
          scores.push(dot * scale);
        }
        const largest = scores.reduce((largest, score) => Math.max(largest, score));
        const exponentials = scores.map((score) => Math.exp(score - largest));
        const total = exponentials.reduce((sum, exponential) => sum + exponential, 0);
        for (let i = 0; i < headSize; i++) {
          let sum = 0;
          for (let p = first; p <= last; p++) sum += exponentials[p - first]! * valueCache[p * width + shared + i]!;
          output[own + i] = sum / total;
        }
      }
    }
  }

  swiglu({ gate, up, length, output }: SwigluArguments<Buffer>): void {
    for (let i = 0; i < length; i++) output[i] = (gate[i]! / (1 + Math.exp(-gate[i]!))) * up[i]!;
  }

  add({ left, right, length, output }: AddArguments<Buffer>): void {
    for (let i = 0; i < length; i++) output[i] = left[i]! + right[i]!;
  }

  async dispose(): Promise<void> {}
}
