import { BayLingError, type RopePairing } from "@bayling/core/backend";
import type { CacheType } from "../cache/cache-type.ts";
import type { KernelBinding } from "../device/kernel.ts";
import { pageSize } from "../plan/batch-state.ts";

/** Which heads attend to which, and how. */
export interface HeadShape {
  /** Query heads, a multiple of `keyValueHeads`. */
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Even, at most 256. */
  readonly headSize: number;
  /** Multiplies the scores before softmax. */
  readonly scale: number;
  /** Attend to this many last positions, the own one included. */
  readonly window?: number | undefined;
}

/** What the attention kernels of a compiled plan have in common; each uses the part of it that it needs. */
export interface AttentionShape extends HeadShape {
  /** Elements from one row of `qkv` to the next; even. A row is [heads | keyValueHeads | keyValueHeads] · headSize. */
  readonly qkvStride: number;
  /** Elements from one row of the output to the next; even. */
  readonly outputStride: number;
  readonly cacheType: CacheType;
  /** Turned pairs of a head, at least 1, and where their elements lie. */
  readonly pairs: number;
  readonly pairing: RopePairing;
  /** Normalises every query and key head before rope (root mean square, this epsilon), with `normWeights`. */
  readonly normEpsilon?: number | undefined;
}

/** How a head is read and written: vectors of four elements, or of fewer where a size or a stride asks for it. */
export interface PartLayout {
  /** Elements of a part; 1 only for buffers without halves. */
  readonly width: 1 | 2 | 4;
  /** Parts of a head. */
  readonly parts: number;
  /** WGSL type of a part in f32. */
  readonly type: "f32" | "vec2<f32>" | "vec4<f32>";
}

const maxHeadSize = 256;

/** @throws BayLingError `architecture-not-supported` for head sizes that no kernel takes */
export function partLayout(headSize: number, ...strides: readonly number[]): PartLayout {
  if (headSize < 1 || headSize > maxHeadSize) throw headSizeNotSupported(headSize, `from 1 to ${maxHeadSize}`);
  const width = ([4, 2] as const).find((each) => [headSize, ...strides].every((length) => length % each === 0)) ?? 1;
  return { width, parts: headSize / width, type: width === 1 ? "f32" : `vec${width}<f32>` };
}

/** One layout for all kernels of a shape, since they share buffers. @throws BayLingError `architecture-not-supported` */
export function attentionLayout({ headSize, qkvStride, outputStride }: AttentionShape): PartLayout {
  if (headSize % 2 !== 0) throw headSizeNotSupported(headSize, `an even number up to ${maxHeadSize}`);
  return partLayout(headSize, qkvStride, outputStride);
}

function headSizeNotSupported(headSize: number, expected: string): BayLingError {
  return new BayLingError("architecture-not-supported", {
    source: "webgpu",
    field: "headSize",
    problem: "attention on the GPU has no kernels for heads of this size",
    expected,
    received: `${headSize}`,
    remedy: "Use the CPU backend",
  });
}

/** Far below every score, and far enough from the end of f32 that differences and products of it stay finite. */
export const lowestScore = "-1e30";

/** WGSL: `exp` of what is not positive. Far arguments, which it need not be good at, count as −87. */
export function decayCode(type: "f32" | "vec4<f32>"): string {
  return `fn decay(x: ${type}) -> ${type} { return exp(max(x, ${type}(-87.0))); }`;
}

/** WGSL type of one part of a cache; f16 is read through core WGSL, without `shader-f16`. */
export function cacheBinding(
  name: "keyCache" | "valueCache",
  cacheType: CacheType,
  { width, type }: PartLayout,
  access: "read" | "read_write",
): KernelBinding {
  const halves = width === 4 ? "vec2<u32>" : "u32";
  return { name, type: `array<${cacheType === "f32" ? type : halves}>`, access };
}

/** WGSL expression for a part of a cache as f32. */
export function unpackedPart(part: string, cacheType: CacheType, { width }: PartLayout): string {
  if (cacheType === "f32") return part;
  return width === 4 ? `unpackHalves(${part})` : `unpack2x16float(${part})`;
}

/** WGSL expression for an f32 part as it is cached. */
export function packedPart(part: string, cacheType: CacheType): string {
  return cacheType === "f32" ? part : `packHalves(${part})`;
}

/** WGSL functions behind {@link unpackedPart} and {@link packedPart}. */
export function cacheCode(cacheType: CacheType, { width, type }: PartLayout): string {
  if (cacheType === "f32") return "";
  const packed = width === 4 ? "vec2<u32>(pack2x16float(safe.xy), pack2x16float(safe.zw))" : "pack2x16float(safe)";
  return `
// Beyond the range of f16 WGSL leaves open what is packed.
fn packHalves(part: ${type}) -> ${width === 4 ? "vec2<u32>" : "u32"} {
  let safe = clamp(part, ${type}(-65504.0), ${type}(65504.0));
  return ${packed};
}
${
  width === 4
    ? "fn unpackHalves(words: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y)); }"
    : ""
}`;
}

/** WGSL: where a position of a sequence lies in the caches, whose pages `pageTable` lists. */
export const pagedRowCode: string = `
fn cacheRow(pages: u32, position: u32) -> u32 {
  return pageTable[pages + position / ${pageSize}u] * ${pageSize}u + position % ${pageSize}u;
}`;

/** WGSL: the first position that the one at \`position\` attends to. */
export function windowCode({ window }: HeadShape): string {
  const first = window === undefined ? "0u" : `select(0u, position + 1u - ${window}u, position >= ${window}u)`;
  return `fn windowStart(position: u32) -> u32 { return ${first}; }`;
}

/**
 * WGSL: a loop in which the threads of a workgroup take items in turn, with `item` in `body`. It runs as often for every
 * thread, which lets compilers unroll it.
 */
export function itemLoop(count: number, threads: number, body: string): string {
  return `for (var round = 0u; round < ${Math.ceil(count / threads)}u; round++) {
      let item = thread + round * ${threads}u;
      ${count % threads === 0 ? "{" : `if (item < ${count}u) {`}
${body}
      }
    }`;
}
