import type { Kernel } from "../device/kernel.ts";
import { range } from "../device/wgsl.ts";
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

export interface LinearTileVariant extends LinearVariant {
  /** Keeps tiles in f16: the input comes as rows of halves. Products are made and added in f32 all the same. */
  readonly halves: boolean;
}

const threads = 256;
/** Rows of weights and rows of input that one workgroup multiplies with each other. */
const tileSize = 64;

export function linearTileWorkgroups({ rows }: LinearSize, tokens: number): [number, number, number] {
  return [Math.ceil(rows / tileSize), Math.ceil(tokens / tileSize), 1];
}

/**
 * output[t][o] = Σ_i weight[o][i] · input[t][i] for many rows t: tiles of 64 rows of weights and 64 of input meet in
 * workgroup memory, a unit of 32 columns at a time, and every thread keeps 4 × 4 sums in registers. Bindings: input (of rows of
 * halves: halves and factors), the streams of the layout, `bias` if there is one, output, the size, a uniform whose first
 * number says how many rows the input has.
 */
export function linearTile(variant: LinearTileVariant): Kernel {
  const { layout, aligned, epilogue, bias, halves } = variant;
  const four = range(4);
  const type = halves ? "f16" : "f32";
  const stored = (component: string) => (halves ? `f16(v.${component} * ${halfWeightFactor}.0)` : `v.${component}`);
  const readInput = halves
    ? `fn inputAt(token: u32, k: u32) -> vec4<f16> { return bitcast<vec4<f16>>(halves[token * size.units * 8u + k]); }`
    : rowReader("input", "size.inputStride", aligned);
  const code = `
${linearSizeStruct}
${layout.code}
// Tiles lie with columns outermost, [32, 64], so that four neighbouring rows are one vector.
var<workgroup> weightTile: array<vec4<${type}>, ${(unitSize * tileSize) / 4}>;
var<workgroup> inputTile: array<vec4<${type}>, ${(unitSize * tileSize) / 4}>;
${readInput}

fn storeWeights(row: u32, part: u32, v: vec4<f32>) {
${four.map((k) => `  weightTile[(part * 4u + ${k}u) * 16u + row / 4u][row % 4u] = ${stored("xyzw"[k]!)};`).join("\n")}
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * ${tileSize}u + (thread % 16u) * 4u;
  let token = group.y * ${tileSize}u + (thread / 16u) * 4u;
  // The second half of the threads brings the input: each four columns of four rows.
  let loadQuad = thread % 16u;
  let loadPart = (thread / 16u) % 8u;
  let loadToken = group.y * ${tileSize}u + loadQuad * 4u;
  // Of the first half, one thread a row decodes a whole unit of weights.
  let firstUnit = min(group.x * ${tileSize}u + thread, size.rows - 1u) * size.units;
${four.map((t) => `  var a${t} = vec4<f32>();`).join("\n")}
  for (var unit = 0u; unit < size.units; unit++) {
    workgroupBarrier();
    if (thread < ${tileSize}u) {
      let w = loadUnit(firstUnit + unit);
${range(8)
  .map((part) => `      storeWeights(thread, ${part}u, ${decoded(layout, "w", part)});`)
  .join("\n")}
    } else if (thread >= ${threads / 2}u) {
      let tile = transpose(mat4x4<${type}>(
${four.map((t) => `        inputAt(min(loadToken + ${t}u, batch.x - 1u), unit * 8u + loadPart),`).join("\n")}
      ));
${four.map((k) => `      inputTile[(loadPart * 4u + ${k}u) * 16u + loadQuad] = tile[${k}];`).join("\n")}
    }
    workgroupBarrier();
    for (var k = 0u; k < ${unitSize}u; k++) {
      let w = vec4<f32>(weightTile[k * 16u + thread % 16u]);
      let x = vec4<f32>(inputTile[k * 16u + thread / 16u]);
${four.map((t) => `      a${t} += w * x.${"xyzw"[t]};`).join("\n")}
    }
  }
${four
  .map((t) => {
    const stores = storeRows({ epilogue, bias, rows: 4, token: `(token + ${t}u)`, value: (r) => `a${t}.${"xyzw"[r]}` });
    const scaled = halves ? `    a${t} *= factors[token + ${t}u];\n` : "";
    return `  if (token + ${t}u < batch.x) {\n${scaled}${stores}\n  }`;
  })
  .join("\n")}
}`;

  return {
    label: `linear ${layout.type} ${epilogue}${bias ? " bias" : ""} tiled${halves ? " f16" : ""}`,
    enables: halves ? ["f16"] : [],
    bindings: [
      ...(halves ? halvedRowsBindings("array<vec2<u32>>") : [rowsBinding("input", variant)]),
      ...matrixBindings(layout),
      ...biasBinding(variant),
      { name: "output", type: "array<f32>", access: "read_write" },
      linearSizeBinding,
      { name: "batch", type: "vec4<u32>", access: "uniform" },
    ],
    code,
  };
}
