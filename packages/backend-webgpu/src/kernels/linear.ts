import type { KernelBinding } from "../device/kernel.ts";
import { range } from "../device/wgsl.ts";
import { unitSize, type WeightLayout } from "../weights/weight-layout.ts";

/**
 * What happens with the products of a row of weights:
 * - `store`: output = sum
 * - `add`: output += sum, the residual connection
 * - `swiglu`: rows come in pairs gate, up; output = gate · sigmoid(gate) · up, half as many
 */
export type LinearEpilogue = "store" | "add" | "swiglu";

/** What the code of a kernel depends on. */
export interface LinearVariant {
  readonly layout: WeightLayout;
  /** Whether rows of the input can be read as vectors, with nothing but zeros or other rows behind their end. */
  readonly aligned: boolean;
  readonly epilogue: LinearEpilogue;
  /** Adds a buffer `bias` [rows of the whole matrix] to the sums; not with `swiglu`. */
  readonly bias: boolean;
}

/** What a kernel is told through a uniform, so that matrices of all sizes share it. */
export interface LinearSize {
  /** Rows of the matrix part that is bound. */
  readonly rows: number;
  /** Where the outputs of the part begin in a row of the output and in the bias; even. */
  readonly firstRow: number;
  readonly columns: number;
  /** Elements from one row to the next. */
  readonly inputStride: number;
  readonly outputStride: number;
}

/** Whether {@link LinearVariant.aligned} holds for a size. */
export function isAligned({ columns, inputStride }: LinearSize): boolean {
  return columns % unitSize === 0 && inputStride % 4 === 0;
}

/** The uniform of a size: the struct that {@link linearSizeStruct} declares. `lanes` is for products with vectors only. */
export function linearSizeData(size: LinearSize, lanes = 1): Uint32Array<ArrayBuffer> {
  const units = Math.ceil(size.columns / unitSize);
  return Uint32Array.of(size.rows, size.firstRow, size.columns, units, size.inputStride, size.outputStride, lanes, 0);
}

export const linearSizeStruct: string = `
struct LinearSize {
  rows: u32,
  firstRow: u32,
  columns: u32,
  units: u32,
  inputStride: u32,
  outputStride: u32,
  lanes: u32,
  unused: u32,
}`;

export const linearSizeBinding: KernelBinding = { name: "size", type: "LinearSize", access: "uniform" };

/** WGSL: a function (token, k) → elements 4k … 4k + 3 of row `token` of the buffer `name`; zeros behind the row's end. */
export function rowReader(name: string, stride: string, aligned: boolean): string {
  if (aligned) return `fn ${name}At(token: u32, k: u32) -> vec4<f32> { return ${name}[token * (${stride} / 4u) + k]; }`;
  return `
fn ${name}At(token: u32, k: u32) -> vec4<f32> {
  let i = 4u * k;
  var v = vec4<f32>();
${range(4)
  .map((j) => `  if (i + ${j}u < size.columns) { v.${"xyzw"[j]} = ${name}[token * ${stride} + i + ${j}u]; }`)
  .join("\n")}
  return v;
}`;
}

interface StoreOptions extends Pick<LinearVariant, "epilogue" | "bias"> {
  /** How many rows of weights, from `row` on; even. */
  readonly rows: number;
  /** WGSL: the row of the output. */
  readonly token: string;
  /** WGSL: the sum for row `row + r`. */
  value(r: number): string;
}

/** WGSL that writes the sums of rows `row`, `row + 1` … of the part, those of them that exist. */
export function storeRows({ epilogue, bias, rows, token, value }: StoreOptions): string {
  if (epilogue === "swiglu") {
    return range(rows / 2)
      .map(
        (pair) => `
  if (row + ${2 * pair + 1}u < size.rows) {
    let gate = ${value(2 * pair)};
    output[${token} * size.outputStride + (size.firstRow + row) / 2u + ${pair}u] = gate / (1.0 + exp(min(-gate, 80.0))) * (${value(2 * pair + 1)});
  }`,
      )
      .join("");
  }
  return range(rows)
    .map((r) => {
      const column = `size.firstRow + row + ${r}u`;
      const sign = epilogue === "add" ? "+=" : "=";
      const added = bias ? ` + bias[${column}]` : "";
      return `  if (row + ${r}u < size.rows) { output[${token} * size.outputStride + ${column}] ${sign} ${value(r)}${added}; }`;
    })
    .join("\n");
}

/** An expression for four elements of a unit, scaled. */
export function decoded({ values, scale, offset }: WeightLayout, unit: string, part: number): string {
  const half = part < 4 ? 0 : 1;
  const scaled = scale === undefined ? values(unit, part) : `${scale(unit, half)} * ${values(unit, part)}`;
  return offset === undefined ? scaled : `${scaled} + ${offset(unit, half)}`;
}

/** The binding of `bias`, where there is one. */
export function biasBinding({ bias }: Pick<LinearVariant, "bias">): KernelBinding[] {
  return bias ? [{ name: "bias", type: "array<f32>", access: "read" }] : [];
}

/** The binding of rows that are read by {@link rowReader}. */
export function rowsBinding(name: string, { aligned }: Pick<LinearVariant, "aligned">): KernelBinding {
  return { name, type: aligned ? "array<vec4<f32>>" : "array<f32>", access: "read" };
}
