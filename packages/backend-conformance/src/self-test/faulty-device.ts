import type { ComputeContext, ComputeDevice } from "@bayling/core/backend";
import { type CpuBuffer, type CpuWeight, cpuDevice } from "@bayling/core/cpu";

type Context = ComputeContext<CpuBuffer, CpuWeight>;

/** Mistakes that a device can make: each replaces some calls of core's CPU device with wrong ones. */
export const deviceFaults: Readonly<Record<string, (right: Context) => Partial<Context>>> = {
  "does not clear buffers": (right) => ({
    allocate: (length) => {
      const buffer = right.allocate(length);
      buffer.data.fill(0.5);
      return buffer;
    },
  }),
  "keeps the array that is written": (right) => ({
    write: (buffer, offset, data) => {
      if (offset === 0 && data.length === buffer.length) buffer.data = data as Float32Array<ArrayBuffer>;
      else right.write(buffer, offset, data);
    },
  }),
  "writes from the start of the memory": (right) => ({
    write: (buffer, offset, data) => right.write(buffer, offset, new Float32Array(data.buffer, 0, data.length)),
  }),
  "writes at the start": (right) => ({ write: (buffer, _, data) => right.write(buffer, 0, data) }),
  "reads a view": () => ({
    read: async (buffer, offset, length) => buffer.data.subarray(offset, offset + length) as Float32Array<ArrayBuffer>,
  }),
  "reads later than it was asked": (right) => ({
    read: async (buffer, offset, length) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return right.read(buffer, offset, length);
    },
  }),
  "copies from the start": (right) => ({
    copy: (from, _, to, toOffset, length) => right.copy(from, 0, to, toOffset, length),
  }),
  "embeds with the ids of later": (right) => ({
    embed: (work) => queueMicrotask(() => right.embed(work)),
  }),
  "embeds one row short": (right) => ({
    embed: (work) => right.embed({ ...work, ids: work.ids.slice(0, -1) }),
  }),
  "normalises whole rows only": (right) => ({
    rmsNorm: (work) => {
      const data = new Float32Array(work.width);
      for (let index = 0; index < work.width; index++) data[index] = work.weight.floats![index % work.groupSize]!;
      const weight = { ...work.weight, shape: [work.width], floats: data, bytes: new Uint8Array(data.buffer) };
      right.rmsNorm({ ...work, groupSize: work.width, weight });
    },
  }),
  "normalises by the sum": (right) => ({
    rmsNorm: (work) => {
      right.rmsNorm(work);
      for (let i = 0; i < work.rows * work.width; i++) work.output.data[i]! /= Math.sqrt(work.groupSize);
    },
  }),
  "normalises without epsilon": (right) => ({ rmsNorm: (work) => right.rmsNorm({ ...work, epsilon: 0 }) }),
  "writes a row behind the last": (right) => ({
    linear: (work) => {
      right.linear(work);
      work.output.data[work.rows * work.weight.shape[0]!] = 0;
    },
  }),
  "adds no bias": (right) => ({ linear: (work) => right.linear({ ...work, bias: undefined }) }),
  "sums in low precision": (right) => ({
    linear: (work) => {
      right.linear(work);
      work.output.data = work.output.data.map((value) => Math.fround(Number(value.toPrecision(4))));
    },
  }),
  "pairs the other half": (right) => ({
    rope: (work) => right.rope({ ...work, pairing: work.pairing === "halves" ? "interleaved" : "halves" }),
  }),
  "takes angles in f32": (right) => ({
    rope: (work) => right.rope({ ...work, frequencies: work.frequencies.map(Math.fround) }),
  }),
  "counts positions by row": (right) => ({
    rope: (work) => right.rope({ ...work, positions: work.positions.map((_, row) => work.positions[0]! + row) }),
  }),
  "ignores the magnitude": (right) => ({ rope: (work) => right.rope({ ...work, magnitude: 1 }) }),
  "always turns in place": (right) => ({
    rope: (work) => {
      right.rope({ ...work, output: work.input });
      right.copy(work.input, 0, work.output, 0, work.rows * work.width);
    },
  }),
  "ignores the window": (right) => ({ attention: (work) => right.attention({ ...work, window: undefined }) }),
  "makes the window one too long": (right) => ({
    attention: (work) => right.attention({ ...work, window: work.window && work.window + 1 }),
  }),
  "starts at position 0": (right) => ({ attention: (work) => right.attention({ ...work, position: 0 }) }),
  "starts at row 0": (right) => ({ attention: (work) => right.attention({ ...work, firstRow: 0 }) }),
  "takes one head for all": (right) => ({
    attention: (work) => {
      const width = work.headSize;
      for (let row = 0; row < work.rows; row++) {
        const from = (work.firstRow + row) * work.keyValueHeads * width;
        for (let head = 1; head < work.keyValueHeads; head++)
          work.value.data.copyWithin(from + head * width, from, from + width);
      }
      right.attention(work);
    },
  }),
  "leaves the cache empty": (right) => ({
    attention: (work) => {
      const kept = [work.keyCache.data.slice(), work.valueCache.data.slice()] as const;
      right.attention(work);
      work.keyCache.data = kept[0];
      work.valueCache.data = kept[1];
    },
  }),
  "clears the rest of the cache": (right) => ({
    attention: (work) => {
      right.attention(work);
      work.keyCache.data.fill(0, (work.position + work.rows) * work.keyValueHeads * work.headSize);
    },
  }),
  "clears the rows of others": (right) => ({
    attention: (work) => {
      work.output.data.fill(0, 0, work.firstRow * work.heads * work.headSize);
      right.attention(work);
    },
  }),
  "overflows in softmax": (right) => ({
    attention: (work) => {
      right.attention(work);
      if (work.query.data.some((value) => Math.abs(value) > 50)) work.output.data[0] = Number.NaN;
    },
  }),
  "overflows in exp": () => ({
    swiglu: ({ gate, up, length, output }) => {
      for (let index = 0; index < length; index++) {
        const power = Math.fround(Math.exp(gate.data[index]!));
        output.data[index] = ((gate.data[index]! * power) / Math.fround(1 + power)) * up.data[index]!;
      }
    },
  }),
  "takes gate and up for each other": (right) => ({
    swiglu: (work) => right.swiglu({ ...work, gate: work.up, up: work.gate }),
  }),
  "reads the up values after writing": (right) => ({
    swiglu: (work) => {
      right.copy(work.gate, 0, work.output, 0, work.length);
      right.swiglu({ ...work, gate: work.output });
    },
  }),
  "reads the gate after writing": (right) => ({
    swiglu: (work) => {
      right.copy(work.up, 0, work.output, 0, work.length);
      right.swiglu({ ...work, up: work.output });
    },
  }),
  "reads the left side after writing": (right) => ({
    add: (work) => {
      right.copy(work.right, 0, work.output, 0, work.length);
      right.add({ ...work, right: work.output });
    },
  }),
  "adds in place of the left": (right) => ({
    add: (work) => {
      right.add({ ...work, output: work.left });
      right.copy(work.left, 0, work.output, 0, work.length);
    },
  }),
  "frees everything": (right) => ({
    free: (object) => {
      right.free(object);
      for (const buffer of buffersOf.get(right) ?? []) buffer.data.fill(0);
    },
    allocate: (length) => {
      const buffer = right.allocate(length);
      buffersOf.set(right, [...(buffersOf.get(right) ?? []), buffer]);
      return buffer;
    },
  }),
};

/** Mistakes that are not those of one context. */
export const wholeDeviceFaults: readonly string[] = ["declares a type twice", "opens once", "closes every context"];

const buffersOf = new WeakMap<Context, CpuBuffer[]>();

export function faultyDevice(fault?: string): ComputeDevice<CpuBuffer, CpuWeight> {
  const right = cpuDevice();
  const opened: Context[] = [];
  return {
    ...right,
    weightTypes: fault === "declares a type twice" ? [...right.weightTypes, "F32"] : right.weightTypes,
    async open(): Promise<Context> {
      if (fault === "opens once" && opened.length > 0) throw new Error("already open");
      const context = await right.open();
      opened.push(context);
      if (fault === "closes every context") {
        return override(context, {
          dispose: async () => {
            for (const each of opened) await each.dispose();
          },
        });
      }
      return override(context, deviceFaults[fault ?? ""]?.(context) ?? {});
    },
  };
}

/** The context with some of its methods replaced. */
export function override(context: Context, methods: Partial<Context>): Context {
  return new Proxy(context, {
    // Hazard: a promise that is resolved with this asks it for `then`, which is not there.
    get(target, name: keyof Context) {
      const method = methods[name] ?? target[name];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
}
