import { type TensorType, tensorTypeNames, tensorTypes } from "@bayling/core/backend";
import type { Bench, DeviceCase } from "../device-context.ts";
import * as reference from "../reference/reference-operations.ts";

interface Shape {
  readonly rows: number;
  readonly outputs: number;
  readonly columns: number;
  readonly biased?: boolean;
}

async function check(bench: Bench, type: TensorType, { rows, outputs, columns, biased = false }: Shape): Promise<void> {
  const { weight, values } = await bench.weight(type, [outputs, columns]);
  const bias = biased ? await bench.bias(outputs) : undefined;
  const input = bench.values(rows * columns);
  const inputBuffer = bench.buffer(input);
  const output = bench.output(rows * outputs);
  bench.device.linear({ input: inputBuffer, weight, bias: bias?.weight, rows, output });
  const what = `${rows} rows through ${outputs} × ${columns}${biased ? " with bias" : ""}`;
  await bench.expect(output, reference.linear(input, values, columns, bias?.values), what, outputs);
  await bench.expect(inputBuffer, input, "the input, which must stay as it is");
}

export const linearCases: readonly DeviceCase[] = [
  ...tensorTypeNames.map(
    (weightType): DeviceCase => ({
      name: `linear/${weightType}`,
      weightType,
      async run(context) {
        if (!context.device.weightTypes.includes(weightType)) context.skip("weightTypes does not declare it");
        const bench = await context.bench();
        const { blockSize } = tensorTypes[weightType];
        await check(bench, weightType, { rows: 1, outputs: 33, columns: 256 });
        await check(bench, weightType, { rows: 3, outputs: 5, columns: 3 * blockSize });
        await check(bench, weightType, { rows: 19, outputs: 64, columns: 512, biased: true });
      },
    }),
  ),
  {
    name: "linear/odd shapes",
    async run(context) {
      const bench = await context.bench();
      const type = context.floatType();
      for (const [rows, outputs, columns] of [
        [1, 1, 1],
        [1, 257, 37],
        [5, 3, 131],
        [2, 1, 64],
        [65, 7, 9],
      ] as const) {
        await check(bench, type, { rows, outputs, columns });
        await check(bench, type, { rows, outputs, columns, biased: true });
      }
    },
  },
  {
    name: "linear/many rows of output",
    async run(context) {
      const bench = await context.bench();
      await check(bench, context.floatType(), { rows: 2, outputs: 5003, columns: 24 });
    },
  },
  {
    name: "linear/long sums",
    async run(context) {
      const bench = await context.bench();
      await check(bench, context.floatType(), { rows: 2, outputs: 3, columns: 9001 });
    },
  },
];
