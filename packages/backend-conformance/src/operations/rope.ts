import type { RopePairing } from "@bayling/core/backend";
import type { DeviceCase } from "../device-context.ts";
import * as reference from "../reference/reference-operations.ts";

interface Work {
  readonly heads: number;
  readonly headSize: number;
  readonly rotary?: number;
  readonly positions: readonly number[];
  readonly magnitude?: number;
  readonly inPlace?: boolean;
}

function bothPairings(name: string, works: readonly Work[]): DeviceCase[] {
  return (["interleaved", "halves"] as const).map((pairing) => ropeCase(`${name}, ${pairing}`, pairing, works));
}

function ropeCase(name: string, pairing: RopePairing, works: readonly Work[]): DeviceCase {
  return {
    name: `rope/${name}`,
    async run(context) {
      const bench = await context.bench();
      for (const { heads, headSize, rotary = headSize, positions, magnitude = 1, inPlace = false } of works) {
        const frequencies = Array.from({ length: rotary / 2 }, (_, pair) => 10000 ** ((-2 * pair) / rotary));
        const width = heads * headSize;
        const rows = positions.length;
        const input = bench.values(rows * width);
        const buffer = bench.buffer(input);
        const output = inPlace ? buffer : bench.output(rows * width);
        const rotation = { width, headSize, pairing, frequencies, magnitude };
        bench.device.rope({ ...rotation, input: buffer, rows, positions: Uint32Array.from(positions), output });
        const what = `${rows} rows of ${heads} heads of ${headSize}, from position ${positions[0]}`;
        await bench.expect(output, reference.rope(input, { ...rotation, positions }), what, width);
        if (!inPlace) await bench.expect(buffer, input, "the input, which must stay as it is");
      }
    },
  };
}

export const ropeCases: readonly DeviceCase[] = [
  ...bothPairings("positions that follow", [
    { heads: 4, headSize: 64, positions: [0, 1, 2, 3, 4] },
    { heads: 2, headSize: 12, positions: [17] },
  ]),
  ...bothPairings("positions of several sequences", [
    { heads: 2, headSize: 16, positions: [5, 6, 7, 0, 1, 1023, 40, 40] },
  ]),
  // Angles of 10⁵ and more: f32 sines are off by 1e-3 here, so tables must come from float64.
  ...bothPairings("far positions", [{ heads: 2, headSize: 32, positions: [99_999, 131_071, 1_000_003] }]),
  ...bothPairings("part of each head", [
    { heads: 3, headSize: 12, rotary: 8, positions: [3, 9] },
    { heads: 1, headSize: 10, rotary: 2, positions: [1, 2, 3] },
  ]),
  ...bothPairings("odd shapes", [
    { heads: 1, headSize: 2, positions: [1, 7] },
    { heads: 5, headSize: 6, positions: [0, 2, 4] },
  ]),
  ...bothPairings("magnitude", [{ heads: 2, headSize: 8, positions: [0, 11], magnitude: 1.5 }]),
  ...bothPairings("in place", [
    { heads: 4, headSize: 8, positions: [2, 3, 4], inPlace: true },
    { heads: 2, headSize: 12, rotary: 4, positions: [2, 3], inPlace: true },
  ]),
];
