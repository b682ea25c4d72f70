import { type TensorType, tensorTypeNames, tensorTypes } from "@bayling/core/backend";
import type { Bench, DeviceCase } from "../device-context.ts";
import * as reference from "../reference/reference-operations.ts";

async function check(
  bench: Bench,
  type: TensorType,
  rows: number,
  columns: number,
  ids: readonly number[],
): Promise<void> {
  const table = await bench.weight(type, [rows, columns]);
  const output = bench.output(ids.length * columns);
  bench.device.embed({ table: table.weight, ids: Uint32Array.from(ids), output });
  await bench.expect(output, reference.embed(table.values, columns, ids), `${columns} columns`, columns);
}

export const embedCases: readonly DeviceCase[] = [
  ...tensorTypeNames.map(
    (weightType): DeviceCase => ({
      name: `embed/${weightType}`,
      weightType,
      async run(context) {
        if (!context.device.weightTypes.includes(weightType)) context.skip("weightTypes does not declare it");
        const bench = await context.bench();
        const { blockSize } = tensorTypes[weightType];
        await check(bench, weightType, 9, 256, [8, 0, 3, 3, 7]);
        await check(bench, weightType, 5, 3 * blockSize, [4]);
      },
    }),
  ),
  {
    name: "embed/odd shapes",
    async run(context) {
      const bench = await context.bench();
      const type = context.floatType();
      await check(bench, type, 1, 1, [0]);
      await check(bench, type, 257, 37, [256, 0, 31, 32, 255]);
      await check(
        bench,
        type,
        3,
        7,
        Array.from({ length: 67 }, (_, row) => row % 3),
      );
    },
  },
  {
    name: "embed/takes the ids as they are at the call",
    async run(context) {
      const bench = await context.bench();
      const table = await bench.weight(context.floatType(), [4, 6]);
      const output = bench.output(12);
      const ids = Uint32Array.of(1, 2);
      bench.device.embed({ table: table.weight, ids, output });
      ids.fill(3);
      await bench.expect(output, reference.embed(table.values, 6, [1, 2]), "rows", 6);
    },
  },
];
