/** A number of `width` bits in every byte of a word, from bit `position` of the byte on, each `bias` too large. */
interface ByteFields {
  readonly width: number;
  readonly position: number;
  readonly bias: number;
}

const mantissaBits = 23;

/**
 * WGSL: a function from a word to the four numbers in its bytes, lowest first, exactly.
 *
 * Conversions from integers run at a fraction of the speed of other instructions on many GPUs. So the field goes
 * straight into the mantissa of a float whose last place is worth 2^-p if the field begins at bit p: that is 2^(23 - p)
 * more than the number, and one subtraction takes it away together with the bias. Only fields that reach into the
 * exponent have to be shifted first. Compilers cannot see through the bit operations, so fast-math modes leave the
 * subtraction alone.
 */
export function byteValuesFunction(name: string, { width, position, bias }: ByteFields): string {
  const positions = [0, 8, 16, 24].map((byte) => byte + position);
  const shift = positions.find((at) => at + width > mantissaBits)!;
  const lanes = positions.map((at) => ({ word: at < shift ? "word" : "shifted", at: at < shift ? at : at - shift }));
  const list = (items: readonly string[]) => items.join(", ");
  const masks = list(lanes.map(({ at }) => hex(((1 << width) - 1) << at)));
  const exponents = list(lanes.map(({ at }) => hex((127 + mantissaBits - at) << mantissaBits)));
  const excess = list(lanes.map(({ at }) => `${2 ** (mantissaBits - at) + bias}.0`));
  return `
fn ${name}(word: u32) -> vec4<f32> {
  let shifted = word >> ${shift}u;
  let fields = vec4<u32>(${list(lanes.map(({ word }) => word))}) & vec4<u32>(${masks});
  return bitcast<vec4<f32>>(fields | vec4<u32>(${exponents})) - vec4<f32>(${excess});
}`;
}

/** A WGSL expression that takes `bias` from each of the four bytes of `bytes`, which makes them signed. */
export function signedBytes(bytes: string, bias: number): string {
  // No carry leaves a byte: the sum is at most 255 as long as bytes are below 128 + bias.
  return bias === 128 ? `(${bytes} ^ 0x80808080u)` : `((${bytes} + ${repeatByte(128 - bias)}) ^ 0x80808080u)`;
}

/** A WGSL literal for a word of four equal bytes. */
export function repeatByte(byte: number): string {
  return hex(byte * 0x01010101);
}

function hex(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, "0")}u`;
}

/** A WGSL expression that moves bits `from`, `from + 1`, … of each byte to `to`, and keeps those that `mask` has. */
export function movedBits(word: string, from: number, to: number, mask: number): string {
  const shifted = from === to ? word : from > to ? `(${word} >> ${from - to}u)` : `(${word} << ${to - from}u)`;
  return `(${shifted} & ${repeatByte(mask)})`;
}
