import { float, range } from "../device/wgsl.ts";
import type { AttentionShape, PartLayout } from "./attention-shape.ts";

/**
 * WGSL `turnedPart`: part `part` of a query or key head after norm and rope, where the head begins at `head` in the array
 * of parts named `source`. `weight` is where its weights begin in `normWeights`, `inverse` comes from
 * {@link inverseNormCode}; without norm neither counts. Reads `ropeTable` [positions, pairs].
 */
export function turnedHeadCode(shape: AttentionShape, { width, type }: PartLayout, source: string): string {
  const { headSize, pairs, pairing, normEpsilon } = shape;
  const interleaved = pairing === "interleaved";
  const partner = interleaved
    ? "element ^ 1u"
    : `select(element - ${pairs}u, element + ${pairs}u, element < ${pairs}u)`;
  const isFirst = interleaved ? "element % 2u == 0u" : `element < ${pairs}u`;
  const normed = (element: string) => {
    const value = `${source}[head + ${element} / ${width}u][${element} % ${width}u]`;
    return normEpsilon === undefined ? value : `${value} * inverse * normWeights[weight + ${element}]`;
  };
  return `
fn turnedElement(head: u32, element: u32, weight: u32, inverse: f32, position: u32) -> f32 {
  let own = ${normed("element")};
  ${2 * pairs < headSize ? `if (element >= ${2 * pairs}u) { return own; }` : ""}
  let partner = ${partner};
  let other = ${normed("partner")};
  let turn = ropeTable[position * ${pairs}u + ${interleaved ? "element / 2u" : `element % ${pairs}u`}];
  return own * turn.x + other * select(turn.y, -turn.y, ${isFirst});
}
fn turnedPart(head: u32, part: u32, weight: u32, inverse: f32, position: u32) -> ${type} {
  let element = part * ${width}u;
  return ${type}(${range(width).map((i) => `turnedElement(head, element + ${i}u, weight, inverse, position)`)});
}`;
}

/** WGSL statements: `inverse` = 1 / root mean square of a head, from the `squares` of its parts; 1 without norm. */
export function inverseNormCode({ headSize, normEpsilon }: AttentionShape, squares: string, firstPart: string): string {
  if (normEpsilon === undefined) return "let inverse = 1.0;";
  return `var sum = 0.0;
  for (var i = 0u; i < parts; i++) { sum += ${squares}[${firstPart} + i]; }
  let inverse = inverseSqrt(sum / ${float(headSize)} + ${float(normEpsilon)});`;
}
