import type { Kernel } from "../device/kernel.ts";
import { float, range } from "../device/wgsl.ts";
import { matrixBindings } from "../weights/matrix-bindings.ts";
import { unitSize } from "../weights/weight-layout.ts";
import {
  biasBinding,
  type LinearSize,
  type LinearVariant,
  linearSizeBinding,
  linearSizeStruct,
  rowReader,
  rowsBinding,
  storeRows,
} from "./linear.ts";

export interface LinearVectorVariant extends LinearVariant {
  /** Rows of the input that one workgroup multiplies: weights are read once for all of them. */
  readonly tokens: 1 | 2 | 4 | 8;
  /** Normalises each row of the input first (root mean square, this epsilon), with a buffer `norm` [columns]. */
  readonly normEpsilon?: number | undefined;
  readonly subgroups: boolean;
}

const threads = 64;
/** The most workgroups along one dimension. */
const maxWorkgroups = 65535;

/** Rows of weights that a thread multiplies at once, so that one load of the input serves all of them. */
function rowsPerThread({ tokens }: LinearVectorVariant): number {
  return tokens >= 4 ? 2 : 4;
}

/** Threads that share a row: no more than it has units, so that small matrices keep all threads busy. */
export function linearVectorLanes({ columns }: LinearSize, { subgroups }: LinearVectorVariant): number {
  const lanes = Math.min(threads, 2 ** Math.ceil(Math.log2(Math.ceil(columns / unitSize))));
  return subgroups ? threads : lanes;
}

/** Workgroups for `chunks` groups of `variant.tokens` rows each. */
export function linearVectorWorkgroups(
  size: LinearSize,
  variant: LinearVectorVariant,
  chunks: number,
): [number, number, number] {
  const rowsPerWorkgroup = (threads / linearVectorLanes(size, variant)) * rowsPerThread(variant);
  const groups = Math.ceil(size.rows / rowsPerWorkgroup);
  return [Math.min(groups, maxWorkgroups), chunks, Math.ceil(groups / maxWorkgroups)];
}

/**
 * output[t][o] = Σ_i weight[o][i] · input[t][i] for few rows t: a product of a matrix with vectors, bound by the time to
 * read the matrix. Bindings: input, `norm` if asked for, the streams of the layout, `bias` if there is one, output, the
 * size with its lanes.
 *
 * Lanes stride over the units of a row; each takes its unit of some rows and of all tokens, and the sums of the lanes are
 * joined at the end. The sum of squares for the norm comes from the same loads of the input.
 */
export function linearVector(variant: LinearVectorVariant): Kernel {
  const { layout, aligned, epilogue, bias, tokens, normEpsilon, subgroups } = variant;
  const normed = normEpsilon !== undefined;
  const rows = rowsPerThread(variant);
  const tokenNumbers = range(tokens);
  const sums = range(rows).flatMap((r) => tokenNumbers.map((t) => `a${r}_${t}`));
  const squares = normed ? tokenNumbers.map((t) => `q${t}`) : [];
  const joined = [...sums, ...squares];

  const code = `
${linearSizeStruct}
${layout.code}
var<workgroup> partial: array<f32, ${joined.length * threads}>;
${rowReader("input", "size.inputStride", aligned)}
${normed ? rowReader("norm", "0u", aligned) : ""}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,${subgroups ? "\n  @builtin(subgroup_size) subgroupSize: u32,\n  @builtin(subgroup_invocation_id) subgroupLane: u32," : ""}
) {
  let lanes = ${subgroups ? `${threads}u` : "size.lanes"};
  let lane = thread % lanes;
  let row = ((group.x + group.z * ${maxWorkgroups}u) * (${threads}u / lanes) + thread / lanes) * ${rows}u;
  let token = group.y * ${tokens}u;
${range(rows)
  .map((r) => `  let first${r} = min(row + ${r}u, size.rows - 1u) * size.units;`)
  .join("\n")}
${joined.map((name) => `  var ${name} = 0.0;`).join("\n")}
  for (var unit = lane; unit < size.units; unit += lanes) {
${range(rows)
  .map((r) => `    let w${r} = loadUnit(first${r} + unit);`)
  .join("\n")}
${unitProducts(variant)}
  }
${subgroups ? joinBySubgroups(joined) : joinByTree(joined)}
  if (lane != 0u) { return; }
${normed ? tokenNumbers.map((t) => `  let scale${t} = inverseSqrt(q${t} / f32(size.columns) + ${float(normEpsilon)});`).join("\n") : ""}
${tokenNumbers
  .map((t) => {
    const value = (r: number) => (normed ? `a${r}_${t} * scale${t}` : `a${r}_${t}`);
    return storeRows({ epilogue, bias, rows, token: `(token + ${t}u)`, value });
  })
  .join("\n")}
}`;

  const traits = [normed ? "norm" : "", epilogue, bias ? "bias" : "", tokens === 1 ? "" : `×${tokens}`];
  return {
    label: ["linear", layout.type, ...traits].filter((trait) => trait !== "").join(" "),
    enables: subgroups ? ["subgroups"] : [],
    bindings: [
      rowsBinding("input", variant),
      ...(normed ? [rowsBinding("norm", variant)] : []),
      ...matrixBindings(layout),
      ...biasBinding(variant),
      { name: "output", type: "array<f32>", access: "read_write" },
      linearSizeBinding,
    ],
    code,
  };
}

/** Adds the products of one unit to the sums: values first, then scale and offset once for each half. */
function unitProducts(variant: LinearVectorVariant): string {
  const { layout, tokens, normEpsilon } = variant;
  const { scale, offset } = layout;
  const rows = range(rowsPerThread(variant));
  const lines: string[] = [];
  const halves = layout.halves ? ([0, 1] as const) : ([0] as const);
  const partsOfHalf = 8 / halves.length;
  for (const half of halves) {
    lines.push("{");
    for (const t of range(tokens)) {
      for (const r of rows) lines.push(`var s${r}_${t} = 0.0;`);
      if (offset !== undefined) lines.push(`var x${t} = 0.0;`);
    }
    for (const p of range(partsOfHalf)) {
      const part = half * partsOfHalf + p;
      lines.push("{");
      for (const r of rows) lines.push(`let v${r} = ${layout.values(`w${r}`, part)};`);
      if (normEpsilon !== undefined) lines.push(`let g = normAt(0u, unit * 8u + ${part}u);`);
      for (const t of range(tokens)) {
        const raw = `inputAt(token + ${t}u, unit * 8u + ${part}u)`;
        if (normEpsilon === undefined) lines.push(`let i${t} = ${raw};`);
        else lines.push(`let r${t} = ${raw}; q${t} += dot(r${t}, r${t}); let i${t} = r${t} * g;`);
        if (offset !== undefined) lines.push(`x${t} += dot(i${t}, vec4<f32>(1.0));`);
        for (const r of rows) lines.push(`s${r}_${t} += dot(v${r}, i${t});`);
      }
      lines.push("}");
    }
    for (const r of rows) {
      if (scale !== undefined) lines.push(`let k${r} = ${scale(`w${r}`, half)};`);
      if (offset !== undefined) lines.push(`let o${r} = ${offset(`w${r}`, half)};`);
      for (const t of range(tokens)) {
        const scaled = scale === undefined ? `s${r}_${t}` : `k${r} * s${r}_${t}`;
        lines.push(`a${r}_${t} += ${scaled}${offset === undefined ? "" : ` + o${r} * x${t}`};`);
      }
    }
    lines.push("}");
  }
  return lines.map((line) => `    ${line}`).join("\n");
}

/** Where thread `thread` keeps its part of sum number `sum`, in workgroup memory. */
function partial(sum: number, thread: string): string {
  return `partial[${sum * threads}u + ${thread}]`;
}

/** Halves the number of partial sums again and again. */
function joinByTree(names: readonly string[]): string {
  return `
${names.map((name, i) => `  ${partial(i, "thread")} = ${name};`).join("\n")}
  for (var half = lanes / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) {
      for (var i = thread; i < ${names.length * threads}u; i += ${threads}u) { partial[i] += partial[i + half]; }
    }
  }
${names.map((name, i) => `  ${name} = ${partial(i, "thread")};`).join("\n")}`;
}

/** Adds within subgroups in registers, then the few sums of the subgroups. */
function joinBySubgroups(names: readonly string[]): string {
  return `
${names.map((name) => `  ${name} = subgroupAdd(${name});`).join("\n")}
  if (subgroupSize < ${threads}u) {
    let subgroup = thread / subgroupSize;
    if (subgroupLane == 0u) {
${names.map((name, i) => `      ${partial(i, "subgroup")} = ${name};`).join("\n")}
    }
    workgroupBarrier();
    if (thread == 0u) {
${names.map((name) => `      ${name} = 0.0;`).join("\n")}
      for (var s = 0u; s < ${threads}u / subgroupSize; s++) {
${names.map((name, i) => `        ${name} += ${partial(i, "s")};`).join("\n")}
      }
    }
  }`;
}
