import type { RopePairing } from "@bayling/core/backend";
import type { Kernel } from "../device/kernel.ts";

export interface RopeShape {
  /** Elements of a row; a multiple of `headSize`. */
  readonly width: number;
  readonly headSize: number;
  /** Turned pairs of a head; what lies behind them passes through. */
  readonly pairs: number;
  readonly pairing: RopePairing;
  /** Whether input and output are the same buffer, which can be bound only once. */
  readonly inPlace: boolean;
}

const threads = 64;

/** At most 65535 rows. */
export function ropeWorkgroups(shape: RopeShape, rows: number): [number, number, number] {
  return [Math.ceil(stepsOf(shape) / threads), rows, 1];
}

/** Pairs to turn and single elements to copy in a row. */
function stepsOf({ width, headSize, pairs }: RopeShape): number {
  return (width / headSize) * (headSize - pairs);
}

/**
 * Turns the pairs of every head of [rows, width], each row by its own row of a table. Workgroups:
 * {@link ropeWorkgroups}. Bindings: `ropeTable` [rows, pairs], input (unless in place), output.
 */
export function rope(shape: RopeShape): Kernel {
  const { width, headSize, pairs, pairing, inPlace } = shape;
  const stepsPerHead = headSize - pairs;
  const interleaved = pairing === "interleaved";
  const input = inPlace ? "output" : "input";
  const code = `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let step = group.x * ${threads}u + thread;
  if (step >= ${stepsOf(shape)}u) { return; }
  let head = group.y * ${width}u + step / ${stepsPerHead}u * ${headSize}u;
  let pair = step % ${stepsPerHead}u;
  if (pair >= ${pairs}u) {
    ${inPlace ? "" : `output[head + ${pairs}u + pair] = input[head + ${pairs}u + pair];`}
    return;
  }
  let first = head + ${interleaved ? "2u * pair" : "pair"};
  let second = first + ${interleaved ? 1 : pairs}u;
  let turn = ropeTable[group.y * ${pairs}u + pair];
  let x = ${input}[first];
  let y = ${input}[second];
  output[first] = x * turn.x - y * turn.y;
  output[second] = x * turn.y + y * turn.x;
}`;
  return {
    label: `rope ${headSize} ${pairing}`,
    bindings: [
      { name: "ropeTable", type: "array<vec2<f32>>", access: "read" },
      ...(inPlace ? [] : [{ name: "input", type: "array<f32>", access: "read" } as const]),
      { name: "output", type: "array<f32>", access: "read_write" },
    ],
    code,
  };
}
