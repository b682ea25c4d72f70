import type { Kernel } from "../device/kernel.ts";
import { float, range } from "../device/wgsl.ts";
import { matrixBindings } from "../weights/matrix-bindings.ts";
import { unitSize } from "../weights/weight-layout.ts";
import { joinLanes, laneSumsLength, subgroupBuiltins } from "./lane-sums.ts";
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
import { stagedRows } from "./staged-rows.ts";
import { unitProducts } from "./unit-products.ts";

export interface LinearVectorVariant extends LinearVariant {
  /** Rows of the input that one workgroup multiplies: weights are read once for all of them. */
  readonly tokens: 1 | 2 | 4 | 8;
  /** Normalises each row of the input first (root mean square, this epsilon), with a buffer `norm` [columns]. */
  readonly normEpsilon?: number | undefined;
  /** Joins sums with subgroup operations. */
  readonly subgroups: boolean;
  /**
   * Multiplies integers, four at a time, where the layout has `packed` ones: the input is rounded to 16 bits a number,
   * which together with its scale leaves an error (NMSE) of 10⁻⁹.
   */
  readonly integers: boolean;
}

const threads = 128;
/** The most workgroups along one dimension. */
const maxWorkgroups = 65535;

/** Rows of weights that a thread multiplies at once, so that one load of the input serves all of them. */
function rowsPerThread({ tokens }: LinearVectorVariant): number {
  return tokens >= 4 ? 2 : 4;
}

/** The most threads that share a row; each takes one unit of the piece of input that workgroup memory holds. */
function maxLanes({ tokens }: LinearVectorVariant): number {
  return Math.min(32, 64 / tokens);
}

/** Threads that share a row: no more than it has units, so that small matrices keep all threads busy. */
export function linearVectorLanes({ columns }: LinearSize, variant: LinearVectorVariant): number {
  return Math.min(maxLanes(variant), 2 ** Math.ceil(Math.log2(Math.ceil(columns / unitSize))));
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
 * A workgroup brings a piece of the input into its memory, as many units as a row has lanes, and then each lane
 * multiplies its unit with those of some rows of weights; the sums of the lanes are joined at the end. Read by each lane
 * from where it lies, the input would take more of the caches' time than the weights: lanes are a unit, 128 bytes, apart.
 */
export function linearVector(variant: LinearVectorVariant): Kernel {
  const { layout, aligned, epilogue, bias, tokens, normEpsilon, subgroups } = variant;
  const normed = normEpsilon !== undefined;
  const integers = variant.integers && layout.packed !== undefined;
  const rows = rowsPerThread(variant);
  const tokenNumbers = range(tokens);
  const sums = range(rows).flatMap((r) => tokenNumbers.map((t) => `a${r}_${t}`));
  const squares = normed ? tokenNumbers.map((t) => `q${t}`) : [];
  const staged = stagedRows({
    ...{ tokens, maxLanes: maxLanes(variant), threads, normed, integers, halves: layout.halves },
    leastLength: laneSumsLength({ sums, squares, threads }),
  });

  const code = `
${linearSizeStruct}
${layout.code}
${staged.declarations}
${rowReader("input", "size.inputStride", aligned)}
${normed ? rowReader("norm", "0u", aligned) : ""}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,${subgroups ? subgroupBuiltins : ""}
) {
  let lanes = size.lanes;
  let lane = thread % lanes;
  let row = ((group.x + group.z * ${maxWorkgroups}u) * (${threads}u / lanes) + thread / lanes) * ${rows}u;
  let token = group.y * ${tokens}u;
${range(rows)
  .map((r) => `  let first${r} = min(row + ${r}u, size.rows - 1u) * size.units;`)
  .join("\n")}
${[...sums, ...squares].map((name) => `  var ${name} = 0.0;`).join("\n")}
  for (var firstUnit = 0u; firstUnit < size.units; firstUnit += lanes) {
${staged.load}
    if (firstUnit + lane < size.units) {
${range(rows)
  .map((r) => `      let w${r} = loadUnit(first${r} + firstUnit + lane);`)
  .join("\n")}
${unitProducts({ layout, rows, tokens, integers, staged })}
    }
    workgroupBarrier();
  }
${joinLanes({ sums, squares, threads, subgroups, memory: staged.memory })}
  if (lane != 0u) { return; }
${normed ? tokenNumbers.map((t) => `  let scale${t} = inverseSqrt(q${t} / f32(size.columns) + ${float(normEpsilon)});`).join("\n") : ""}
${tokenNumbers
  .map((t) => {
    const value = (r: number) => (normed ? `a${r}_${t} * scale${t}` : `a${r}_${t}`);
    return storeRows({ epilogue, bias, rows, token: `(token + ${t}u)`, value });
  })
  .join("\n")}
}`;

  const traits = [normed ? "norm" : "", epilogue, bias ? "bias" : "", integers ? "int8" : ""];
  const label = ["linear", layout.type, ...traits, tokens === 1 ? "" : `×${tokens}`];
  return {
    label: label.filter((trait) => trait !== "").join(" "),
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
