import type { DeviceCase } from "../device-context.ts";
import { expectEqual, expectSameNumbers } from "../expect.ts";

export const bufferCases: readonly DeviceCase[] = [
  {
    name: "buffers/start as zeros",
    async run(context) {
      const { device } = await context.bench();
      for (const length of [1, 3, 64, 1025]) {
        const buffer = device.allocate(length);
        expectEqual(buffer.length, length, "length of a buffer");
        expectSameNumbers(await device.read(buffer, 0, length), new Float32Array(length), "a new buffer");
        device.write(buffer, 0, new Float32Array(length).fill(7));
        device.free(buffer);
      }
      const again = device.allocate(1025);
      expectSameNumbers(await device.read(again, 0, 1025), new Float32Array(1025), "a buffer in freed memory");
    },
  },
  {
    name: "buffers/write and read any range",
    async run(context) {
      const { device, random } = await context.bench();
      const mirror = new Float32Array(131);
      const buffer = device.allocate(mirror.length);
      for (const [offset, length] of [
        [0, 131],
        [1, 3],
        [127, 4],
        [64, 1],
        [5, 0],
        [130, 1],
      ] as const) {
        const data = random.floats(length);
        device.write(buffer, offset, data);
        mirror.set(data, offset);
      }
      for (const [offset, length] of [
        [0, 131],
        [2, 7],
        [130, 1],
        [63, 65],
        [9, 0],
      ] as const) {
        const expected = mirror.subarray(offset, offset + length);
        expectSameNumbers(await device.read(buffer, offset, length), expected, `${length} elements from ${offset}`);
      }
    },
  },
  {
    name: "buffers/write takes a copy at once",
    async run(context) {
      const { device } = await context.bench();
      const buffer = device.allocate(4);
      const data = Float32Array.of(1, 2, 3, 4);
      device.write(buffer, 0, data);
      data.fill(9);
      expectSameNumbers(await device.read(buffer, 0, 4), [1, 2, 3, 4], "what was written");
    },
  },
  {
    name: "buffers/write from the middle of an array",
    async run(context) {
      const { device } = await context.bench();
      const buffer = device.allocate(3);
      device.write(buffer, 0, Float32Array.of(1, 2, 3, 4, 5).subarray(1, 4));
      expectSameNumbers(await device.read(buffer, 0, 3), [2, 3, 4], "what was written");
    },
  },
  {
    name: "buffers/copy any range",
    async run(context) {
      const bench = await context.bench();
      const source = bench.random.floats(70);
      const from = bench.buffer(source);
      const mirror = new Float32Array(90);
      const to = bench.device.allocate(mirror.length);
      for (const [fromOffset, toOffset, length] of [
        [0, 0, 70],
        [3, 11, 1],
        [17, 2, 33],
        [69, 89, 1],
        [1, 1, 0],
      ] as const) {
        bench.device.copy(from, fromOffset, to, toOffset, length);
        mirror.set(source.subarray(fromOffset, fromOffset + length), toOffset);
      }
      expectSameNumbers(await bench.device.read(to, 0, 90), mirror, "what was copied");
      await bench.expect(from, source, "the source of the copies");
    },
  },
  {
    name: "buffers/what was read belongs to the caller",
    async run(context) {
      const { device } = await context.bench();
      const buffer = device.allocate(3);
      device.write(buffer, 0, Float32Array.of(1, 2, 3));
      const first = await device.read(buffer, 0, 3);
      first.fill(Number.NaN);
      const second = await device.read(buffer, 0, 3);
      device.write(buffer, 0, Float32Array.of(4, 5, 6));
      await device.read(buffer, 0, 3);
      expectSameNumbers(second, [1, 2, 3], "what was read before");
    },
  },
  {
    name: "buffers/calls take effect in order",
    async run(context) {
      const bench = await context.bench();
      const { device } = bench;
      const [one, two, three] = [device.allocate(2), device.allocate(2), device.allocate(2)];
      device.write(one, 0, Float32Array.of(1, 2));
      device.copy(one, 0, two, 0, 2);
      device.write(one, 0, Float32Array.of(10, 20));
      device.add({ left: one, right: two, length: 2, output: three }); // 11, 22
      device.write(two, 0, Float32Array.of(100, 200));
      const early = device.read(three, 0, 2);
      device.add({ left: three, right: two, length: 2, output: three }); // 111, 222
      device.copy(three, 1, one, 0, 1);
      expectSameNumbers(await early, [11, 22], "a read before later calls");
      expectSameNumbers(await device.read(three, 0, 2), [111, 222], "the sum of sums");
      expectSameNumbers(await device.read(one, 0, 2), [222, 20], "what was copied last");
    },
  },
  {
    name: "buffers/free leaves others alone",
    async run(context) {
      const bench = await context.bench();
      const kept = bench.values(33);
      const first = bench.buffer(bench.values(33));
      const second = bench.buffer(kept);
      bench.device.free(first);
      bench.buffer(bench.values(33));
      await bench.expect(second, kept, "a buffer that stayed");
    },
  },
];
