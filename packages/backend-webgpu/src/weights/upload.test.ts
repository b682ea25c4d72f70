import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  BayLingError,
  dequantize,
  rowBytes,
  type TensorType,
  tensorTypeNames,
  tensorTypes,
} from "@bayling/core/backend";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { GpuContext } from "../device/gpu-context.ts";
import { openTestGpu } from "../testing/test-gpu.ts";
import { decodeMatrix, readBuffer } from "./testing/decode-matrix.ts";
import { memorySource, randomBlocks, sameBits } from "./testing/memory-source.ts";
import { type MatrixSource, type MatrixUpload, matrixBytes, uploadMatrix, uploadVector } from "./upload.ts";

let context: GpuContext;
beforeAll(async () => {
  context = await openTestGpu();
});
afterAll(() => context.dispose());
afterEach(() => vi.restoreAllMocks());

async function codeOf(work: Promise<unknown>): Promise<BayLingError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!BayLingError.isInstance(error)) throw error ?? new Error("nothing was thrown");
  return error;
}

/** The elements of a matrix on the GPU without the padding of its rows: [rows, columns]. */
async function elementsOf(upload: MatrixUpload): Promise<Float32Array> {
  const matrix = await uploadMatrix(context, upload);
  const { elements } = await decodeMatrix(context, matrix);
  for (const { buffer } of matrix.parts) context.free(buffer);
  const stride = matrix.unitsPerRow * 32;
  const joined = new Float32Array(matrix.rows * matrix.columns);
  for (let row = 0; row < matrix.rows; row++) {
    joined.set(elements.subarray(row * stride, row * stride + matrix.columns), row * matrix.columns);
  }
  return joined;
}

describe("uploadMatrix", () => {
  it("lays sources one after the other", async () => {
    const parts = [5, 3, 4].map((rows) => randomBlocks("Q4_0", rows, 96));
    const sources = parts.map((bytes, index) => memorySource("Q4_0", [5, 3, 4][index]!, 96, bytes));
    const expected = parts.flatMap((bytes, index) => [...dequantize("Q4_0", bytes, [5, 3, 4][index]! * 96)]);
    expect([...(await elementsOf({ label: "qkv", sources, order: "stacked" }))]).toEqual(expected);
  });

  it("takes rows of sources in turn, also over parts", async () => {
    const rows = 21;
    const gate = Uint8Array.from(randomBlocks("Q8_0", rows, 96));
    const up = Uint8Array.from(gate).reverse().fill(0x11, 0, 40);
    // Halves of the reversed bytes may be infinite.
    for (let at = 1; at < up.length; at += 34) up[at] = 0x20;
    const sources = [memorySource("Q8_0", rows, 96, gate), memorySource("Q8_0", rows, 96, up)];
    const [gates, ups] = [gate, up].map((bytes) => dequantize("Q8_0", bytes, rows * 96));
    const expected = Array.from({ length: rows }, (_, row) => [
      ...gates!.subarray(row * 96, (row + 1) * 96),
      ...ups!.subarray(row * 96, (row + 1) * 96),
    ]).flat();
    for (const maxBindingBytes of [undefined, 16 * 96]) {
      const upload: MatrixUpload = { label: "gate and up", sources, order: "interleaved", maxBindingBytes };
      expect([...(await elementsOf(upload))]).toEqual(expected);
    }
  });

  it.each(tensorTypeNames)("cuts %s into parts that give the same numbers", async (type) => {
    const columns = tensorTypes[type].blockSize === 256 ? 768 : 96;
    const rows = 43;
    const source = memorySource(type, rows, columns);
    const whole = await uploadMatrix(context, { label: type, sources: [source] });
    const largest = Math.max(...whole.parts[0]!.bindings.map(({ size }) => size!));
    const maxBindingBytes = Math.ceil(largest / 2.5);
    const cut = await uploadMatrix(context, { label: type, sources: [source], maxBindingBytes });

    expect(whole.parts.length).toBe(1);
    expect(cut.parts.map((part) => [part.firstRow, part.rows])).toEqual([
      [0, 16],
      [16, 16],
      [32, 11],
    ]);
    for (const { buffer, bindings } of cut.parts) {
      for (const { offset, size } of bindings) {
        expect(offset! % 256).toBe(0);
        expect(size).toBeLessThanOrEqual(maxBindingBytes);
        expect(offset! + size!).toBeLessThanOrEqual(buffer.size);
      }
    }
    const decoded = [await decodeMatrix(context, whole), await decodeMatrix(context, cut)];
    expect(sameBits(decoded[0]!.elements, decoded[1]!.elements)).toBe(true);

    const sizeOf = ({ parts }: typeof whole) => parts.reduce((sum, { buffer }) => sum + buffer.size, 0);
    expect(matrixBytes(type, rows, columns)).toBe(sizeOf(whole));
    expect(matrixBytes(type, rows, columns, { maxBindingBytes, maxBufferBytes: 2 ** 30 })).toBe(sizeOf(cut));
    expect([whole.byteLength, cut.byteLength]).toEqual([sizeOf(whole), sizeOf(cut)]);
  });

  it("cuts by the size of buffers, too", () => {
    const eightRows = 8 * 128 * 18;
    const limits = { maxBindingBytes: 2 ** 30, maxBufferBytes: eightRows };
    expect(matrixBytes("Q4_0", 16, 128 * 32, limits)).toBe(2 * eightRows);
    const smaller = { ...limits, maxBufferBytes: eightRows - 1 };
    expect(() => matrixBytes("Q4_0", 16, 128 * 32, smaller)).toThrow(/8 rows of 4096 columns of Q4_0/);
  });

  it.each([
    ["Q4_0", 4099, 1056],
    ["MXFP4", 9001, 480],
    ["Q6_K", 2051, 1280],
    ["F16", 40_001, 33],
  ] as const)("uploads %s of several pieces: %i × %i", async (type, rows, columns) => {
    const bytes = randomBlocks(type, rows, columns);
    expect(bytes.length).toBeGreaterThan(2 * 2 ** 20);
    const reads: number[] = [];
    const source = memorySource(type, rows, columns, bytes);
    const counted: MatrixSource = {
      ...source,
      read(offset, length) {
        reads.push(length);
        return source.read(offset, length);
      },
    };
    const elements = await elementsOf({ label: type, sources: [counted] });
    expect(sameBits(elements, dequantize(type, bytes, rows * columns))).toBe(true);
    expect(reads.length).toBeGreaterThan(1);
    expect(Math.max(...reads)).toBeLessThanOrEqual(2 * 2 ** 20);
  });

  it("refuses matrices that do not belong together", async () => {
    const differ = [memorySource("Q4_0", 8, 64), memorySource("Q8_0", 8, 64)];
    expect((await codeOf(uploadMatrix(context, { label: "qkv", sources: differ }))).code).toBe("argument-invalid");
    const unequal = [memorySource("Q4_0", 8, 64), memorySource("Q4_0", 9, 64)];
    const error = await codeOf(uploadMatrix(context, { label: "qkv", sources: unequal, order: "interleaved" }));
    expect(error.message).toContain("Q4_0 [9, 64]");
  });

  it("refuses rows that no binding holds, and rows that no piece holds", async () => {
    const sources = [memorySource("F32", 20, 64)];
    const narrow = await codeOf(uploadMatrix(context, { label: "table", sources, maxBindingBytes: 8 * 256 - 1 }));
    expect(narrow.code).toBe("capability-missing");
    expect(narrow.message).toContain("table: 8 rows of 64 columns of F32");
    const long: MatrixSource = { ...sources[0]!, rows: 8, columns: 2 ** 18 + 32, byteLength: 2 ** 23 };
    const tooLong = await codeOf(uploadMatrix(context, { label: "long", sources: [long] }));
    expect(tooLong.code).toBe("capability-missing");
    expect(tooLong.message).toContain(`at most ${2 ** 23} bytes`);
  });
});

describe("uploadMatrix that fails", () => {
  function countBuffers() {
    const create = vi.spyOn(context, "createStorage");
    const free = vi.spyOn(context, "free");
    return () => ({ created: create.mock.calls.length, freed: free.mock.calls.length });
  }

  it("passes errors of reading on, and frees its buffers", async () => {
    const counts = countBuffers();
    const failure = new Error("no such disk");
    const source: MatrixSource = { ...memorySource("F32", 24, 32), read: () => Promise.reject(failure) };
    const upload = uploadMatrix(context, { label: "w", sources: [source], maxBindingBytes: 8 * 128 });
    await expect(upload).rejects.toBe(failure);
    expect(counts()).toEqual({ created: 3, freed: 3 });
  });

  it("creates nothing when it is aborted before, and frees all when later", async () => {
    const counts = countBuffers();
    const sources = [memorySource("F32", 24, 32)];
    const before = AbortSignal.abort(new Error("never mind"));
    await expect(uploadMatrix(context, { label: "w", sources, signal: before })).rejects.toBe(before.reason);
    expect(counts()).toEqual({ created: 0, freed: 0 });

    for (const abortAt of [1, 2, 3]) {
      const controller = new AbortController();
      let reads = 0;
      const source: MatrixSource = {
        ...sources[0]!,
        read(offset, length) {
          if (++reads === abortAt) controller.abort(new Error(`in read ${reads}`));
          return sources[0]!.read(offset, length);
        },
      };
      const { signal } = controller;
      const upload = uploadMatrix(context, { label: "w", sources: [source], maxBindingBytes: 8 * 128, signal });
      await expect(upload).rejects.toThrow(`in read ${abortAt}`);
      expect(reads).toBe(abortAt);
      expect(counts()).toEqual({ created: 3 * abortAt, freed: 3 * abortAt });
    }
  });

  it("says what was wanted when memory runs out, and reads nothing", async () => {
    const counts = countBuffers();
    const refusal = { message: "no room", constructor: { name: "GPUOutOfMemoryError" } };
    vi.spyOn(context.device, "popErrorScope").mockImplementation(async () => refusal as unknown as GPUError);
    const read = vi.fn();
    const source: MatrixSource = { ...memorySource("Q4_0", 8, 32), rows: 2 ** 13, columns: 4096, read };
    const error = await codeOf(uploadMatrix(context, { label: "output.weight", sources: [source] }));
    expect(error.code).toBe("out-of-memory");
    expect(error.message).toContain("output.weight");
    expect(error.message).toContain(`${((2 ** 13 * 128 * 18) / 2 ** 20).toFixed(1)} MiB`);
    expect(read).not.toHaveBeenCalled();
    const { created, freed } = counts();
    expect(freed).toBe(created);
  });
});

describe("memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const usedBytes = () => {
    const { heapUsed, external } = process.memoryUsage(); // external counts array buffers
    return heapUsed + external;
  };

  /**
   * The most that uploading matrices of zeros, two laid together, adds to heap and array buffers, sampled around every
   * read.
   */
  async function peakOf(gpu: GpuContext, count: number, type: TensorType, rows: number, columns: number) {
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10)); // array buffers are freed on another thread
    }
    const base = usedBytes();
    let peak = 0;
    const sample = () => {
      peak = Math.max(peak, usedBytes() - base);
    };
    const source: MatrixSource = {
      ...{ name: type, type, rows, columns, byteLength: rows * rowBytes(type, columns) },
      async read(_offset, length) {
        sample();
        await new Promise((resolve) => setImmediate(resolve));
        const bytes = new Uint8Array(length);
        sample();
        return bytes;
      },
    };
    for (let index = 0; index < count; index++) {
      const order = index % 2 === 0 ? "interleaved" : "stacked";
      const matrix = await uploadMatrix(gpu, { label: type, sources: [source, source], order });
      for (const { buffer } of matrix.parts) gpu.free(buffer);
    }
    sample();
    return peak;
  }

  it("stays far under 64 MB for a matrix of 1 GB", async () => {
    let written = 0;
    const buffer = {} as GPUBuffer;
    const device = {
      limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 },
      pushErrorScope() {},
      popErrorScope: async () => null,
      queue: {
        writeBuffer(_buffer: GPUBuffer, _offset: number, { length }: Uint8Array) {
          written += length;
        },
        onSubmittedWorkDone: async () => {},
      },
    };
    const gpu = { device, createStorage: () => buffer, free() {} } as unknown as GpuContext;
    const peak = await peakOf(gpu, 1, "Q4_0", 233_024, 4096);
    expect(written).toBe(2 * 233_024 * 128 * 18);
    expect(peak).toBeLessThan(32e6);
  });

  it("does so for many small ones on the GPU", async () => {
    expect(await peakOf(context, 64, "F16", 512, 2048)).toBeLessThan(32e6);
  });
});

describe("uploadVector", () => {
  it("has the numbers", async () => {
    const values = Float32Array.of(1, -2.5, 3e-8, 4, 5);
    const buffer = await uploadVector(context, "norm", values);
    expect(new Float32Array(await readBuffer(context, buffer))).toEqual(values);
  });
});
