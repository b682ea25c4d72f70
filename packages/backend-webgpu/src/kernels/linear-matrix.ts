import type { Kernel, KernelBinding } from "../device/kernel.ts";
import { range } from "../device/wgsl.ts";
import type { MatrixUnit } from "../tiers/tier.ts";
import { matrixBindings } from "../weights/matrix-bindings.ts";
import { unitSize } from "../weights/weight-layout.ts";
import { halfWeightFactor, halvedRowsBindings } from "./halve-rows.ts";
import {
  biasBinding,
  decoded,
  type LinearSize,
  type LinearVariant,
  linearSizeBinding,
  linearSizeStruct,
  rowReader,
  rowsBinding,
  storeRows,
} from "./linear.ts";
import { subgroupMatrices } from "./matrix-operations.ts";

export interface LinearMatrixVariant extends LinearVariant {
  readonly unit: MatrixUnit;
}

/** Threads of a subgroup; the kernel runs only where all subgroups have as many. */
export const matrixSubgroupSize = 32;
/** A workgroup makes products of this many rows of input and of weights; a subgroup makes a quarter of them. */
const tokenTile = 64;
const rowTile = 128;
const subgroupTokens = 32;
const subgroupRows = 64;
const threads = 4 * matrixSubgroupSize;
/** Numbers of a subgroup's sums that go through workgroup memory at once. */
const sumsAtOnce = 256;

export function linearMatrixWorkgroups({ rows }: LinearSize, tokens: number): [number, number, number] {
  return [Math.ceil(rows / rowTile), Math.ceil(tokens / tokenTile), 1];
}

/** Workgroup memory that the kernel needs, in bytes. */
export function linearMatrixMemory(unit: MatrixUnit): number {
  const vectors = (tokenTile * inputStride(unit) + rowTile * weightStride(unit)) * planes(unit);
  return vectors * (unit.component === "f16" ? 8 : 16) + 4 * sumsAtOnce * 4;
}

/** Whether the tiles can be made of such matrices. */
export function fitsMatrixTiles({ rows, columns, depth }: MatrixUnit): boolean {
  return [rows, columns, depth].every((length) => length === 8 || length === 16) && sumsAtOnce / rows >= columns;
}

function planes({ split }: MatrixUnit): 1 | 2 {
  return split ? 2 : 1;
}

/** Vectors from one row of a tile to the next: those of a unit, and as much as makes rows begin in different banks. */
function weightStride({ component }: MatrixUnit): number {
  return unitSize / 4 + (component === "f16" ? 2 : 1);
}

/** Likewise; for split factors without more, which lets the kernel do with the 32 KiB that many GPUs have. */
function inputStride(unit: MatrixUnit): number {
  return unit.split ? unitSize / 4 : weightStride(unit);
}

/**
 * output[t][o] = Σ_i weight[o][i] · input[t][i] for many rows t, by matrices that subgroups multiply at once: tiles of 128
 * rows of weights and 64 of input meet in workgroup memory, a unit of 32 columns at a time. Bindings: input (for matrices
 * of halves: halves and factors), the streams of the layout, `bias` if there is one, output, the size, a uniform whose
 * first number says how many rows the input has.
 */
export function linearMatrix(variant: LinearMatrixVariant): Kernel {
  const { layout, unit, epilogue, bias } = variant;
  const operations = subgroupMatrices(unit);
  const input = unit.component === "f16" ? halvedInput(unit) : floatInput(variant);
  const sumColumns = sumsAtOnce / unit.rows;
  const tokenBlocks = range(subgroupTokens / unit.rows);
  const rowBlocks = range(subgroupRows / unit.columns);
  const sum = (i: number, j: number) => `s${i}_${j}`;
  const matricesAtOnce = sumColumns / unit.columns;

  const code = `
${linearSizeStruct}
${layout.code}
var<workgroup> inputTile: array<Quad, ${tokenTile * inputStride(unit) * planes(unit)}>;
var<workgroup> weightTile: array<Quad, ${rowTile * weightStride(unit) * planes(unit)}>;
var<workgroup> sums: array<f32, ${4 * sumsAtOnce}>;
${operations.code(
  { name: "inputTile", stride: inputStride(unit) },
  { name: "weightTile", stride: weightStride(unit) },
  { name: "sums", stride: sumColumns },
)}
${input.functions}

fn storeWeights(at: u32, decoded: vec4<f32>) {
${storeWeights(unit)}
}

// Sums of a subgroup that lie in workgroup memory, as the output wants them.
fn writeSums(firstToken: u32, firstRow: u32, subgroup: u32, lane: u32) {
  for (var quad = lane; quad < ${sumsAtOnce / 4}u; quad += ${matrixSubgroupSize}u) {
    let token = firstToken + quad / ${sumColumns / 4}u;
    let row = firstRow + quad % ${sumColumns / 4}u * 4u;
    let at = subgroup * ${sumsAtOnce}u + quad * 4u;
    if (token < batch.x) {
      let v = vec4<f32>(sums[at], sums[at + 1u], sums[at + 2u], sums[at + 3u])${input.factor};
${storeRows({ epilogue, bias, rows: 4, token: "token", value: (r) => `v.${"xyzw"[r]}` })}
    }
  }
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tileToken = group.y * ${tokenTile}u;
  let tileRow = group.x * ${rowTile}u;
  let subgroup = thread / ${matrixSubgroupSize}u;
  let lane = thread % ${matrixSubgroupSize}u;
  let firstToken = (subgroup % 2u) * ${subgroupTokens}u;
  let firstRow = (subgroup / 2u) * ${subgroupRows}u;
  // Each thread decodes a row of weights; those behind the end decode the last one again.
  let firstUnit = min(tileRow + thread, size.rows - 1u) * size.units;
${input.loads.map(({ name, token }) => `  let ${name}Token = min(tileToken + ${token}, batch.x - 1u);`).join("\n")}
${tokenBlocks.flatMap((i) => rowBlocks.map((j) => `  var ${sum(i, j)} = Sum();`)).join("\n")}
  var w = loadUnit(firstUnit);
${input.loads.map(({ name, read }) => `  var ${name} = ${read("0u")};`).join("\n")}
  for (var unit = 0u; unit < size.units; unit++) {
    workgroupBarrier();
${range(8)
  .map((part) => `    storeWeights(thread * ${weightStride(unit)}u + ${part}u, ${decoded(layout, "w", part)});`)
  .join("\n")}
${input.loads.map(({ store }) => `    ${store}`).join("\n")}
    workgroupBarrier();
    // The next unit is on its way while this one is multiplied.
    let next = min(unit + 1u, size.units - 1u);
    w = loadUnit(firstUnit + next);
${input.loads.map(({ name, read }) => `    ${name} = ${read("next")};`).join("\n")}
${range(unitSize / unit.depth)
  .map((step) => multiplyStep(unit, (step * unit.depth) / 4, sum))
  .join("\n")}
  }
${tokenBlocks
  .flatMap((i) =>
    range(subgroupRows / sumColumns).map((block) => {
      const stores = range(matricesAtOnce).map((m) => {
        const at = `subgroup * ${sumsAtOnce}u + ${m * unit.columns}u`;
        return `  storeSum(${at}, ${sum(i, block * matricesAtOnce + m)}, lane);`;
      });
      const token = `tileToken + firstToken + ${i * unit.rows}u`;
      const row = `tileRow + firstRow + ${block * sumColumns}u`;
      return `${stores.join("\n")}
  workgroupBarrier();
  writeSums(${token}, ${row}, subgroup, lane);
  workgroupBarrier();`;
    }),
  )
  .join("\n")}
}`;

  return {
    label: `linear ${layout.type} ${epilogue}${bias ? " bias" : ""} matrix${unit.split ? " ×3" : ""}`,
    enables: operations.enables,
    bindings: [
      ...input.bindings,
      ...matrixBindings(layout),
      ...biasBinding(variant),
      { name: "output", type: "array<f32>", access: "read_write" },
      linearSizeBinding,
      { name: "batch", type: "vec4<u32>", access: "uniform" },
    ],
    code,
  };
}

/** How the tile of the input is filled. */
interface TileInput {
  readonly bindings: readonly KernelBinding[];
  readonly functions: string;
  /** What each thread brings: a variable, the row of the tile, its value for a unit, and how it is stored. */
  readonly loads: readonly {
    readonly name: string;
    readonly token: string;
    read(unit: string): string;
    readonly store: string;
  }[];
  /** What sums are multiplied with. */
  readonly factor: string;
}

function floatInput(variant: LinearMatrixVariant): TileInput {
  const stride = inputStride(variant.unit);
  return {
    bindings: [rowsBinding("input", variant)],
    functions: rowReader("input", "size.inputStride", variant.aligned),
    loads: range((tokenTile * 8) / threads).map((index) => {
      const [name, token, part] = [`x${index}`, `(thread / 8u + ${(index * threads) / 8}u)`, "thread % 8u"];
      return {
        ...{ name, token },
        read: (unit) => `inputAt(${name}Token, ${unit} * 8u + ${part})`,
        store: `inputTile[${token} * ${stride}u + ${part}] = quadOf(${name});`,
      };
    }),
    factor: "",
  };
}

/** Rows that `halveRows` made, eight halves at a time. */
function halvedInput(unit: MatrixUnit): TileInput {
  const stride = inputStride(unit);
  const parts = planes(unit);
  const loads = range(parts).flatMap((plane) =>
    range((tokenTile * 4) / threads).map((index) => {
      const [name, token, part] = [`x${plane}_${index}`, `(thread / 4u + ${(index * threads) / 4}u)`, "thread % 4u"];
      const at = `${plane * tokenTile * stride}u + ${token} * ${stride}u + ${part} * 2u`;
      return {
        ...{ name, token },
        read: (unit: string) =>
          `halves[(${name}Token * size.units + ${unit}) * ${4 * parts}u + ${4 * plane}u + ${part}]`,
        store: `inputTile[${at}] = quadOfHalves(${name}.xy); inputTile[${at} + 1u] = quadOfHalves(${name}.zw);`,
      };
    }),
  );
  return {
    bindings: halvedRowsBindings("array<vec4<u32>>"),
    functions: "",
    loads,
    factor: " * factors[token]",
  };
}

function storeWeights(unit: MatrixUnit): string {
  if (unit.component === "f32") return "  weightTile[at] = quadOf(decoded);";
  return `  let v = decoded * ${halfWeightFactor}.0;
  let rounded = quadOf(v);
  weightTile[at] = rounded;${
    unit.split ? `\n  weightTile[${rowTile * weightStride(unit)}u + at] = quadOf(v - floatsOf(rounded));` : ""
  }`;
}

/** Multiplies all matrices of a subgroup that begin at vector `first` of a unit. */
function multiplyStep(unit: MatrixUnit, first: number, sum: (i: number, j: number) => string): string {
  const [leftStride, rightStride] = [inputStride(unit), weightStride(unit)];
  const tokenBlocks = range(subgroupTokens / unit.rows);
  const rowBlocks = range(subgroupRows / unit.columns);
  const planeNumbers = range(planes(unit));
  // Of four products of two split factors the one of both remainders is too small to matter.
  const pairs = planeNumbers.flatMap((a) => planeNumbers.map((b) => [a, b] as const)).filter(([a, b]) => a + b < 2);
  const lefts = planeNumbers.flatMap((plane) =>
    tokenBlocks.map((i) => {
      const at = `${(plane * tokenTile + i * unit.rows) * leftStride + first}u + firstToken * ${leftStride}u`;
      return `      let l${plane}_${i} = loadLeft(${at});`;
    }),
  );
  const rights = rowBlocks.map((j) => {
    const loads = planeNumbers.map((plane) => {
      const at = `${(plane * rowTile + j * unit.columns) * rightStride + first}u + firstRow * ${rightStride}u`;
      return `let r${plane} = loadRight(${at});`;
    });
    const products = tokenBlocks.flatMap((i) =>
      pairs.map(([a, b]) => `${sum(i, j)} = multiply(l${a}_${i}, r${b}, ${sum(i, j)}, lane);`),
    );
    return `      { ${[...loads, ...products].join(" ")} }`;
  });
  return `    {\n${[...lefts, ...rights].join("\n")}\n    }`;
}
