import { range } from "../device/wgsl.ts";

interface StagedShape {
  /** Rows of the input. */
  readonly tokens: number;
  /** The most units of a row that are staged at once, one for each lane. */
  readonly maxLanes: number;
  readonly threads: number;
  /** Multiplies with a norm's weights, and adds the squares of row t to `q${t}`. */
  readonly normed: boolean;
  /** Rounds the units to integers. */
  readonly integers: boolean;
  /** For integers: whether sums are wanted for each half of a unit. */
  readonly halves: boolean;
  /** How many vectors the memory has at least, for other uses. */
  readonly leastLength: number;
}

/** A piece of the input in workgroup memory. */
export interface StagedRows {
  /** WGSL of the module. */
  readonly declarations: string;
  /** WGSL that fills the memory with units `firstUnit` … `firstUnit + lanes − 1`; ends with a barrier. */
  readonly load: string;
  /** The name of the memory, an `array<vec4<u32>, …>`, which may be used otherwise when the last piece has been read. */
  readonly memory: string;
  /** WGSL: vector `index` of unit `lane` of row `token`, as `vec4<u32>`. */
  vector(token: number, index: number): string;
}

/** Of a unit of integers: two vectors of low bytes, two of high ones, one of (scale, sums of the halves). */
export const integerVectors = { low: 0, high: 2, factors: 4 } as const;

/** Low and high byte of every number: at most 127 · 256, so that rounding the low byte cannot overflow the high one. */
const largestInteger = 127 * 256;

/**
 * Brings a piece of some rows into workgroup memory. Vector i of all units lie together, so that lanes, each with a unit
 * of its own, read what lies side by side; one vector of padding lets threads also write without waiting for each other.
 */
export function stagedRows(shape: StagedShape): StagedRows {
  const { tokens, maxLanes, threads, normed, integers } = shape;
  const stride = maxLanes + 1;
  const length = Math.max(tokens * 8 * stride, shape.leastLength);
  const at = (token: number | string, index: number | string, unit: string) =>
    `staged[(${token} * 8u + ${index}) * ${stride}u + ${unit}]`;
  const rows = range(tokens).map((t) => {
    const read = `inputAt(token + ${t}u, firstUnit * 8u + i)`;
    const value = normed ? `v * normAt(0u, firstUnit * 8u + i)` : "v";
    return `
        let v = ${read};${normed ? ` q${t} += dot(v, v);` : ""}
        ${at(`${t}u`, "(i % 8u)", "i / 8u")} = bitcast<vec4<u32>>(${value});`;
  });
  return {
    declarations: `
var<workgroup> staged: array<vec4<u32>, ${length}>;${integers ? quantize(shape, at) : ""}`,
    load: `
    for (var i = thread; i < lanes * 8u; i += ${threads}u) {
      if (firstUnit + i / 8u < size.units) {${rows.map((row) => `\n        {${row}\n        }`).join("")}
      }
    }
    workgroupBarrier();${integers ? quantizeCall(tokens) : ""}`,
    memory: "staged",
    vector: (token, index) => at(`${token}u`, `${index}u`, "lane"),
  };
}

function quantizeCall(tokens: number): string {
  return `
    if (thread < lanes * ${tokens}u && firstUnit + thread % lanes < size.units) {
      quantizeUnit(thread / lanes, thread % lanes);
    }
    workgroupBarrier();`;
}

/**
 * Rounds a unit in place, to multiples of its largest magnitude / 32512, in two signed bytes: 256 · high + low. Adding
 * 1.5 · 2^23 + 128 to a number leaves it, rounded and 128 too large, in the low bits of the mantissa: nothing has to be
 * converted, and its second byte is what `high` has to be for a signed `low`.
 */
function quantize({ halves }: StagedShape, at: (token: string, index: string, unit: string) => string): string {
  const eight = range(8);
  const bytes = (low: boolean) => `
  ${at("token", low ? "0u" : "2u", "unit")} = vec4<u32>(${words(low, 0)});
  ${at("token", low ? "1u" : "3u", "unit")} = vec4<u32>(${words(low, 4)});`;
  const words = (low: boolean, first: number) =>
    range(4)
      .map((i) => `${low ? "lowBytes" : "highBytes"}(n${first + i})`)
      .join(", ");
  const sum = (parts: readonly number[]) => parts.map((p) => `x${p}`).join(" + ");
  const ones = "vec4<f32>(1.0)";
  return `
// Numbers come as pairs (0, 2), (1, 3), 16 bits each.
fn pairs(bits: vec4<u32>) -> vec2<u32> { return (bits.xy & vec2<u32>(0xffffu)) | (bits.zw << vec2<u32>(16u)); }
fn lowBytes(n: vec2<u32>) -> u32 { return ((n.x & 0x00ff00ffu) | ((n.y << 8u) & 0xff00ff00u)) ^ 0x80808080u; }
fn highBytes(n: vec2<u32>) -> u32 { return ((n.x >> 8u) & 0x00ff00ffu) | (n.y & 0xff00ff00u); }

fn quantizeUnit(token: u32, unit: u32) {
${eight.map((p) => `  let x${p} = bitcast<vec4<f32>>(${at("token", `${p}u`, "unit")});`).join("\n")}
  let m = ${eight.map((p) => `abs(x${p})`).reduce((left, right) => `max(${left}, ${right})`)};
  let largest = max(max(m.x, m.y), max(m.z, m.w));
  let first = dot(${sum([0, 1, 2, 3])}, ${ones});
  let second = dot(${sum([4, 5, 6, 7])}, ${ones});
  // Numbers that are tiny are none, and what is infinite or no number must not be lost in the integers.
  let usable = largest > 1e-30;
  let inverse = select(0.0, ${largestInteger}.0 / largest, usable);
  let bits = bitcast<u32>(first + second) & 0x7f800000u;
  let scale = select(select(0.0, largest / ${largestInteger}.0, usable), first + second, bits == 0x7f800000u);
${eight.map((p) => `  let n${p} = pairs(bitcast<vec4<u32>>(x${p} * inverse + ${1.5 * 2 ** 23 + 128}.0));`).join("\n")}${bytes(true)}${bytes(false)}
  let sums = ${halves ? "vec2<f32>(first, second)" : "vec2<f32>(first + second)"};
  ${at("token", "4u", "unit")} = vec4<u32>(bitcast<u32>(scale), bitcast<vec2<u32>>(sums), 0u);
}`;
}
