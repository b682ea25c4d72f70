import { range } from "../device/wgsl.ts";
import type { WeightLayout } from "../weights/weight-layout.ts";
import { integerVectors, type StagedRows } from "./staged-rows.ts";

interface UnitProducts {
  readonly layout: WeightLayout;
  readonly rows: number;
  readonly tokens: number;
  readonly integers: boolean;
  readonly staged: StagedRows;
}

/**
 * WGSL that adds the products of units `w0`, `w1` … of rows of weights with the lane's unit of staged rows to sums
 * `a${row}_${token}`: values first, then scale and offset once for each half.
 */
export function unitProducts(products: UnitProducts): string {
  const { layout, integers } = products;
  const halves = layout.halves ? ([0, 1] as const) : ([0] as const);
  const partsOfHalf = 8 / halves.length;
  const lines = halves.flatMap((half) => {
    const parts = range(partsOfHalf).map((part) => half * partsOfHalf + part);
    return ["{", ...(integers ? integerProducts : floatProducts)(products, half, parts), "}"];
  });
  return lines.map((line) => `      ${line}`).join("\n");
}

function floatProducts({ layout, rows, tokens, staged }: UnitProducts, half: 0 | 1, parts: readonly number[]) {
  const lines: string[] = [];
  for (const t of range(tokens)) {
    for (const r of range(rows)) lines.push(`var s${r}_${t} = 0.0;`);
    if (layout.offset !== undefined) lines.push(`var x${t} = 0.0;`);
  }
  for (const part of parts) {
    lines.push("{");
    for (const r of range(rows)) lines.push(`let v${r} = ${layout.values(`w${r}`, part)};`);
    for (const t of range(tokens)) {
      lines.push(`let i${t} = bitcast<vec4<f32>>(${staged.vector(t, part)});`);
      if (layout.offset !== undefined) lines.push(`x${t} += dot(i${t}, vec4<f32>(1.0));`);
      for (const r of range(rows)) lines.push(`s${r}_${t} += dot(v${r}, i${t});`);
    }
    lines.push("}");
  }
  const sums = range(tokens).map((t) => ({ product: (r: number) => `s${r}_${t}`, input: `x${t}` }));
  return [...lines, ...scaledSums(layout, rows, half, sums)];
}

function integerProducts({ layout, rows, tokens, staged }: UnitProducts, half: 0 | 1, parts: readonly number[]) {
  const word = (name: string, part: number) => `${name}${part >> 2}.${"xyzw"[part % 4]}`;
  const vectors = [...new Set(parts.map((part) => part >> 2))];
  const lines: string[] = [];
  for (const r of range(rows)) {
    for (const part of parts) lines.push(`let v${r}_${part} = ${layout.packed!(`w${r}`, part)};`);
  }
  for (const t of range(tokens)) {
    for (const v of vectors) {
      lines.push(`let l${t}_${v} = ${staged.vector(t, integerVectors.low + v)};`);
      lines.push(`let h${t}_${v} = ${staged.vector(t, integerVectors.high + v)};`);
    }
    lines.push(`let f${t} = bitcast<vec4<f32>>(${staged.vector(t, integerVectors.factors)});`);
    for (const r of range(rows)) {
      const dots = (name: string) =>
        parts.map((part) => `dot4I8Packed(v${r}_${part}, ${word(`${name}${t}_`, part)})`).join(" + ");
      lines.push(`let s${r}_${t} = f32((${dots("h")}) * 256 + ${dots("l")}) * f${t}.x;`);
    }
  }
  const sums = range(tokens).map((t) => ({
    product: (r: number) => `s${r}_${t}`,
    input: `f${t}.${half === 0 ? "y" : "z"}`,
  }));
  return [...lines, ...scaledSums(layout, rows, half, sums)];
}

/** Adds scale · product + offset · input for each row and token. */
function scaledSums(
  { scale, offset }: WeightLayout,
  rows: number,
  half: 0 | 1,
  sums: readonly { readonly product: (row: number) => string; readonly input: string }[],
): string[] {
  return range(rows).flatMap((r) => [
    ...(scale === undefined ? [] : [`let k${r} = ${scale(`w${r}`, half)};`]),
    ...(offset === undefined ? [] : [`let o${r} = ${offset(`w${r}`, half)};`]),
    ...sums.map(({ product, input }, t) => {
      const scaled = scale === undefined ? product(r) : `k${r} * ${product(r)}`;
      return `a${r}_${t} += ${scaled}${offset === undefined ? "" : ` + o${r} * ${input}`};`;
    }),
  ]);
}
