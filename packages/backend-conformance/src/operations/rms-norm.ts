import type { DeviceCase } from "../device-context.ts";
import * as reference from "../reference/reference-operations.ts";

interface Work {
  readonly rows: number;
  readonly width: number;
  readonly groupSize: number;
  readonly epsilon?: number;
  readonly deviation?: number;
  readonly inPlace?: boolean;
}

function rmsNormCase(name: string, works: readonly Work[]): DeviceCase {
  return {
    name: `rms-norm/${name}`,
    async run(context) {
      const bench = await context.bench();
      for (const { rows, width, groupSize, epsilon = 1e-5, deviation = 1, inPlace = false } of works) {
        const { weight, values } = await bench.normWeight(groupSize);
        const input = bench.values(rows * width, deviation);
        const buffer = bench.buffer(input);
        const output = inPlace ? buffer : bench.output(rows * width);
        bench.device.rmsNorm({ input: buffer, weight, rows, width, groupSize, epsilon, output });
        const what = `${rows} × ${width} in groups of ${groupSize}`;
        await bench.expect(output, reference.rmsNorm(input, values, groupSize, epsilon), what, width);
        if (!inPlace) await bench.expect(buffer, input, "the input, which must stay as it is");
      }
    },
  };
}

export const rmsNormCases: readonly DeviceCase[] = [
  rmsNormCase("whole rows", [
    { rows: 1, width: 64, groupSize: 64 },
    { rows: 7, width: 256, groupSize: 256 },
    { rows: 70, width: 48, groupSize: 48 },
  ]),
  rmsNormCase("odd widths", [
    { rows: 3, width: 1, groupSize: 1 },
    { rows: 2, width: 37, groupSize: 37 },
    { rows: 3, width: 257, groupSize: 257 },
    { rows: 1, width: 4097, groupSize: 4097 },
  ]),
  rmsNormCase("every head by itself", [
    { rows: 5, width: 48, groupSize: 12 },
    { rows: 2, width: 128, groupSize: 64 },
    { rows: 3, width: 21, groupSize: 7 },
  ]),
  rmsNormCase("in place", [
    { rows: 4, width: 48, groupSize: 48, inPlace: true },
    { rows: 4, width: 48, groupSize: 8, inPlace: true },
  ]),
  rmsNormCase("large and small values", [
    { rows: 2, width: 64, groupSize: 64, deviation: 1e6 },
    { rows: 2, width: 64, groupSize: 64, deviation: 1e-4 },
    { rows: 2, width: 64, groupSize: 64, deviation: 1e-4, epsilon: 1e-8 },
  ]),
  {
    name: "rms-norm/zeros stay zeros",
    async run(context) {
      const bench = await context.bench();
      const { weight } = await bench.normWeight(16);
      const buffer = bench.buffer(new Float32Array(32));
      bench.device.rmsNorm({ input: buffer, weight, rows: 2, width: 16, groupSize: 16, epsilon: 1e-6, output: buffer });
      await bench.expect(buffer, new Float32Array(32), "normalised zeros", 16);
    },
  },
];
