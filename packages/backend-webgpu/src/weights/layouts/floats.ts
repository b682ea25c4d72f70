import type { TensorType } from "@bayling/core/backend";
import { unitSize, type WeightLayout } from "../weight-layout.ts";

/** A type whose elements are copied as they are; `vectors` of four words hold a unit. */
function floatLayout(
  type: TensorType,
  elementBytes: 2 | 4,
  values: (unit: string, part: number) => string,
): WeightLayout {
  const vectors = (unitSize * elementBytes) / 16;
  const numbers = Array.from({ length: vectors }, (_, index) => index);
  return {
    type,
    streams: [{ name: "weightQuants", type: "array<vec4<u32>>", bytes: (units) => units * unitSize * elementBytes }],
    code: `
struct Unit { ${numbers.map((number) => `q${number}: vec4<u32>`).join(", ")} }
fn loadUnit(index: u32) -> Unit {
  let first = ${vectors}u * index;
  return Unit(${numbers.map((number) => `weightQuants[first + ${number}u]`).join(", ")});
}`,
    values,
    halves: false,
    repack(source, rows, columns, [target]) {
      const rowBytes = columns * elementBytes;
      const stride = Math.ceil(columns / unitSize) * unitSize * elementBytes;
      if (stride === rowBytes) {
        target!.set(source);
        return;
      }
      target!.fill(0);
      for (let row = 0; row < rows; row++) {
        target!.set(source.subarray(row * rowBytes, (row + 1) * rowBytes), row * stride);
      }
    },
  };
}

/** The two words that hold a part of a type of 16 bits. */
function wordPair(unit: string, part: number): [string, string] {
  const vector = `${unit}.q${part >> 1}`;
  return part % 2 === 0 ? [`${vector}.x`, `${vector}.y`] : [`${vector}.z`, `${vector}.w`];
}

export const f32Layout: WeightLayout = floatLayout("F32", 4, (unit, part) => `bitcast<vec4<f32>>(${unit}.q${part})`);

export const f16Layout: WeightLayout = floatLayout("F16", 2, (unit, part) => {
  const [low, high] = wordPair(unit, part);
  return `vec4<f32>(unpack2x16float(${low}), unpack2x16float(${high}))`;
});

/** The upper halves of floats. */
export const bf16Layout: WeightLayout = floatLayout("BF16", 2, (unit, part) => {
  const words = wordPair(unit, part).flatMap((word) => [`${word} << 16u`, `${word} & 0xffff0000u`]);
  return `bitcast<vec4<f32>>(vec4<u32>(${words.join(", ")}))`;
});
