import { type ComputeContext, type ComputeDevice, dequantize } from "@bayling/core/backend";
import { type CpuBuffer, type CpuWeight, cpuDevice } from "@bayling/core/cpu";
import { encodeHalf } from "../tiny-llama/half.ts";
import { override } from "./faulty-device.ts";

type Context = ComputeContext<CpuBuffer, CpuWeight>;

/** A right device of low precision: `f16` rounds what operations give, `int8` what products take. */
export function roundingDevice(precision: "f16" | "int8"): ComputeDevice<CpuBuffer, CpuWeight> {
  const exact = cpuDevice();
  return {
    ...exact,
    async open(): Promise<Context> {
      const context = await exact.open();
      return override(context, precision === "f16" ? roundingOutputs(context) : quantizingInputs(context));
    },
  };
}

function roundingOutputs(context: Context): Partial<Context> {
  const after =
    <Work extends { readonly output: CpuBuffer }>(run: (work: Work) => void, lengthOf: (work: Work) => number) =>
    (work: Work) => {
      run.call(context, work);
      for (let i = 0; i < lengthOf(work); i++) work.output.data[i] = half(work.output.data[i]!);
    };
  return {
    embed: after(context.embed, ({ ids, table }) => ids.length * table.shape[1]!),
    rmsNorm: after(context.rmsNorm, ({ rows, width }) => rows * width),
    linear: after(context.linear, ({ rows, weight }) => rows * weight.shape[0]!),
    rope: after(context.rope, ({ rows, width }) => rows * width),
    swiglu: after(context.swiglu, ({ length }) => length),
    add: after(context.add, ({ length }) => length),
  };
}

/** Eight bits in blocks of 32 with one scale, as llama.cpp's Q8_0. */
function quantizingInputs(context: Context): Partial<Context> {
  return {
    linear: (work) => {
      const data = work.input.data.slice();
      const columns = work.weight.shape[1]!;
      for (let row = 0; row < work.rows; row++) {
        for (let from = row * columns; from < (row + 1) * columns; from += 32) {
          const block = data.subarray(from, Math.min(from + 32, (row + 1) * columns));
          const scale = half(Math.max(...block.map(Math.abs)) / 127);
          if (scale > 0) for (const [i, value] of block.entries()) block[i] = Math.round(value / scale) * scale;
        }
      }
      context.linear({ ...work, input: { ...work.input, data } });
    },
  };
}

function half(value: number): number {
  return dequantize("F16", new Uint8Array(Uint16Array.of(encodeHalf(value)).buffer), 1)[0]!;
}
