import { type DeviceCase, sentinel } from "../device-context.ts";
import { expectEqual } from "../expect.ts";
import * as reference from "../reference/reference-operations.ts";

interface Work {
  readonly heads?: number;
  readonly keyValueHeads?: number;
  readonly headSize?: number;
  /** Positions that lie in the cache already. */
  readonly position?: number;
  /** Rows of the sequence in this call. */
  readonly rows?: number;
  /** Rows of other sequences before and behind them in the batch. */
  readonly before?: number;
  readonly behind?: number;
  /** Positions that the cache has room for beyond those used. */
  readonly spare?: number;
  readonly window?: number;
  /** Makes attention sharper. */
  readonly deviation?: number;
}

function attentionCase(name: string, works: readonly Work[]): DeviceCase {
  return {
    name: `attention/${name}`,
    async run(context) {
      const bench = await context.bench();
      for (const work of works) {
        const { heads = 4, keyValueHeads = 2, headSize = 8, position = 0, rows = 3, window, deviation = 1 } = work;
        const { before = 0, behind = 0, spare = 0 } = work;
        const queryWidth = heads * headSize;
        const cacheWidth = keyValueHeads * headSize;
        const allRows = before + rows + behind;
        const query = bench.values(allRows * queryWidth, deviation);
        const key = bench.values(allRows * cacheWidth, deviation);
        const value = bench.values(allRows * cacheWidth);
        const oldKeys = bench.values(position * cacheWidth, deviation);
        const oldValues = bench.values(position * cacheWidth);
        // What a truncated sequence leaves behind: values that must not be seen.
        const stale = bench.values((rows + spare) * cacheWidth, 30);
        const keyCache = bench.buffer([...oldKeys, ...stale]);
        const valueCache = bench.buffer([...oldValues, ...stale]);
        const output = bench.buffer(new Float32Array(allRows * queryWidth).fill(sentinel));
        const options = { heads, keyValueHeads, headSize, scale: 1 / Math.sqrt(headSize), window };
        bench.device.attention({
          ...{ ...options, firstRow: before, rows, position, keyCache, valueCache, output },
          ...{ query: bench.buffer(query), key: bench.buffer(key), value: bench.buffer(value) },
        });

        const own = (values: Float64Array, width: number) => values.slice(before * width, (before + rows) * width);
        const keys = Float64Array.of(...oldKeys, ...own(key, cacheWidth));
        const values = Float64Array.of(...oldValues, ...own(value, cacheWidth));
        const expected = reference.attention(own(query, queryWidth), keys, values, options);
        const actual = await bench.device.read(output, 0, output.length);
        const what = `${rows} rows at position ${position}, ${heads} heads over ${keyValueHeads}`;
        const from = before * queryWidth;
        context.expectValues(actual.subarray(from, from + expected.length), expected, what, queryWidth);
        for (const [index, element] of actual.entries()) {
          if (index < from || index >= from + expected.length) {
            expectEqual(element, sentinel, `element ${index} of the output, which belongs to another row`);
          }
        }
        const left = stale.subarray(rows * cacheWidth);
        await bench.expect(keyCache, [...keys, ...left], `key cache after ${what}`, cacheWidth);
        await bench.expect(valueCache, [...values, ...left], `value cache after ${what}`, cacheWidth);
      }
    },
  };
}

export const attentionCases: readonly DeviceCase[] = [
  attentionCase("from the first position", [{ rows: 1 }, { rows: 5 }, { rows: 66 }]),
  attentionCase("one row behind many positions", [
    { position: 1, rows: 1 },
    { position: 63, rows: 1 },
    { position: 64, rows: 1 },
    { position: 300, rows: 1 },
  ]),
  attentionCase("several rows behind cached positions", [
    { position: 7, rows: 4 },
    { position: 130, rows: 17 },
  ]),
  attentionCase("rows of other sequences stay as they are", [
    { before: 2, rows: 3, behind: 1 },
    { before: 5, rows: 1, position: 9 },
    { rows: 2, behind: 4, position: 3 },
  ]),
  attentionCase("a cache with room to spare", [
    { spare: 61, position: 2, rows: 2 },
    { spare: 1, rows: 1 },
  ]),
  attentionCase("heads that share keys and values", [
    { heads: 6, keyValueHeads: 2 },
    { heads: 8, keyValueHeads: 1, position: 5 },
    { heads: 3, keyValueHeads: 3, position: 2 },
  ]),
  attentionCase("odd head sizes", [
    { headSize: 1 },
    { headSize: 7, position: 4 },
    { headSize: 80, rows: 2 },
    { heads: 1, keyValueHeads: 1, headSize: 128, position: 6 },
  ]),
  attentionCase("a sliding window", [
    { window: 1, rows: 4 },
    { window: 3, rows: 7 },
    { window: 5, position: 20, rows: 1 },
    { window: 5, position: 3, rows: 6 },
    { window: 100, position: 9, rows: 2 },
  ]),
  attentionCase("sharp attention", [{ deviation: 12, position: 10, rows: 4 }]),
  {
    name: "attention/scores of thousands stay finite",
    async run(context) {
      const bench = await context.bench();
      const rows = Float64Array.of(90, -90, 80, 80);
      const [query, key, value] = [rows, rows, Float64Array.of(1, 2, 3, 4)];
      const options = { heads: 1, keyValueHeads: 1, headSize: 2, scale: 1 };
      const output = bench.output(4);
      bench.device.attention({
        ...{ ...options, firstRow: 0, rows: 2, position: 0, output },
        ...{ query: bench.buffer(query), key: bench.buffer(key), value: bench.buffer(value) },
        ...{ keyCache: bench.output(4), valueCache: bench.output(4) },
      });
      await bench.expect(output, reference.attention(query, key, value, options), "attended values", 2);
    },
  },
];
