import type { Kernel } from "../device/kernel.ts";
import { range } from "../device/wgsl.ts";
import { rowStruct } from "../plan/batch-state.ts";
import { matrixBindings } from "../weights/matrix-bindings.ts";
import { unitSize, type WeightLayout } from "../weights/weight-layout.ts";
import { decoded } from "./linear.ts";

export interface EmbedShape {
  readonly layout: WeightLayout;
  /** Rows of the table part that is bound, and where it begins; ids outside of it are another part's. */
  readonly rows: number;
  readonly firstRow: number;
  readonly columns: number;
  readonly outputStride: number;
  /** Where token ids come from: the rows of a batch, or a plain list. */
  readonly ids: "rows" | "list";
}

const threads = 64;

export function embedWorkgroups({ columns }: EmbedShape, tokens: number): [number, number, number] {
  return [Math.ceil(Math.ceil(columns / unitSize) / threads), tokens, 1];
}

/** output[t] = table[ids[t]]. Bindings: `rows` or `ids`, the streams of the layout, output. */
export function embed({ layout, rows, firstRow, columns, outputStride, ids }: EmbedShape): Kernel {
  const units = Math.ceil(columns / unitSize);
  const whole = columns % unitSize === 0;
  const code = `
${ids === "rows" ? rowStruct : ""}
${layout.code}

@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let unitOfRow = id.x;
  if (unitOfRow >= ${units}u) { return; }
  let row = ${ids === "rows" ? "rows[id.y].token" : "ids[id.y]"} - ${firstRow}u; // wraps for ids before the part
  if (row >= ${rows}u) { return; }
  let unit = loadUnit(row * ${units}u + unitOfRow);
  let column = unitOfRow * ${unitSize}u;
  let first = id.y * ${outputStride}u + column;
${range(8)
  .map((part) => {
    const stores = range(4).map((j) => {
      const store = `output[first + ${4 * part + j}u] = v.${"xyzw"[j]};`;
      return whole ? store : `if (column + ${4 * part + j}u < ${columns}u) { ${store} }`;
    });
    return `  { let v = ${decoded(layout, "unit", part)}; ${stores.join(" ")} }`;
  })
  .join("\n")}
}`;
  return {
    label: `embed ${layout.type} ${rows}×${columns}`,
    bindings: [
      ids === "rows"
        ? { name: "rows", type: "array<Row>", access: "read" }
        : { name: "ids", type: "array<u32>", access: "read" },
      ...matrixBindings(layout),
      { name: "output", type: "array<f32>", access: "read_write" },
    ],
    code,
  };
}
