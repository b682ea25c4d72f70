import { range } from "../device/wgsl.ts";

interface LaneSums {
  /** Variables whose values are added over the lanes of a row; a multiple of four. */
  readonly sums: readonly string[];
  /** Variables whose values are added over all threads of the workgroup; a power of two, or none. */
  readonly squares: readonly string[];
  readonly threads: number;
  readonly subgroups: boolean;
  /** Name of an `array<vec4<u32>, …>` of workgroup memory, as long as {@link laneSumsLength} says, free to be used. */
  readonly memory: string;
}

/** WGSL: what {@link joinLanes} needs of the entry point's arguments, where it uses subgroups. */
export const subgroupBuiltins = "\n  @builtin(subgroup_size) subgroupSize: u32,";

/** Several variables as one vector. */
interface SumVector {
  readonly name: string;
  readonly members: readonly string[];
}

/** Vectors of workgroup memory that {@link joinLanes} uses. */
export function laneSumsLength({ sums, squares, threads }: Pick<LaneSums, "sums" | "squares" | "threads">): number {
  return (sumVectors("j", sums).length + sumVectors("k", squares).length) * threads;
}

/**
 * WGSL that joins the sums of `lanes` neighbouring threads, a power of two: afterwards lane 0 has them. Within subgroups
 * threads exchange registers; without, and across subgroups, memory.
 */
export function joinLanes({ sums, squares, threads, subgroups, memory }: LaneSums): string {
  const laneVectors = sumVectors("j", sums);
  const groupVectors = sumVectors("k", squares);
  const vectors = [...laneVectors, ...groupVectors];
  const slot = (vector: SumVector, thread: string) => `${memory}[${vectors.indexOf(vector) * threads}u + ${thread}]`;
  const lines = (list: readonly SumVector[], line: (vector: SumVector) => string, indent: string) =>
    list.map((vector) => `${indent}${line(vector)}`).join("\n");
  const store = (vector: SumVector) => `${slot(vector, "thread")} = ${toWords(vector)};`;
  const add = (vector: SumVector, thread: string) => `${vector.name} += ${fromWords(vector, slot(vector, thread))};`;
  return `
${lines(vectors, ({ name, members }) => `var ${name} = ${vectorType(members.length)}(${members.join(", ")});`, "  ")}
  let together = ${subgroups ? "min(lanes, subgroupSize)" : "1u"};
  if (lanes > together) {
${lines(vectors, store, "    ")}
    for (var half = lanes / 2u; half >= together; half >>= 1u) {
      workgroupBarrier();
      if (lane < half) {
${lines(vectors, (vector) => `${add(vector, "thread + half")} ${store(vector)}`, "        ")}
      }
    }
  }${subgroups ? exchange(vectors) : ""}${squares.length === 0 ? "" : joinGroups()}
${lines(
  vectors,
  ({ name, members }) =>
    members.map((member, i) => `${member} = ${members.length === 1 ? name : `${name}.${"xyzw"[i]}`};`).join(" "),
  "  ",
)}`;

  function joinGroups(): string {
    return `
  workgroupBarrier();
  if (lane == 0u) {
${lines(groupVectors, store, "    ")}
  }
  workgroupBarrier();
  // In the same order for every row, so that rows do not depend on the thread that has them.
${lines(groupVectors, ({ name, members }) => `${name} = ${vectorType(members.length)}();`, "  ")}
  for (var other = 0u; other < ${threads}u; other += lanes) {
${lines(groupVectors, (vector) => add(vector, "other"), "    ")}
  }`;
  }
}

function exchange(vectors: readonly SumVector[]): string {
  return `
  for (var half = together / 2u; half > 0u; half >>= 1u) {
${vectors.map(({ name }) => `    ${name} += subgroupShuffleXor(${name}, half);`).join("\n")}
  }`;
}

function sumVectors(prefix: string, members: readonly string[]): SumVector[] {
  return range(Math.ceil(members.length / 4)).map((index) => ({
    name: `${prefix}${index}`,
    members: members.slice(4 * index, 4 * index + 4),
  }));
}

function vectorType(length: number): string {
  return length === 1 ? "f32" : `vec${length}<f32>`;
}

function toWords({ name, members: { length } }: SumVector): string {
  if (length === 4) return `bitcast<vec4<u32>>(${name})`;
  return length === 1 ? `vec4<u32>(bitcast<u32>(${name}))` : `bitcast<vec2<u32>>(${name}).xyxy`;
}

function fromWords({ members: { length } }: SumVector, words: string): string {
  const part = length === 4 ? words : `${words}.${"xy".slice(0, length)}`;
  return `bitcast<${vectorType(length)}>(${part})`;
}
