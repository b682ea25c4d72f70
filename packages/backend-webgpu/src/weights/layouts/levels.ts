import { byteValuesFunction, repeatByte, signedBytes } from "./byte-values.ts";
import { nibbleWord } from "./streams.ts";

/** Levels lie this much too large in bytes, so that none is negative. */
const levelBias = 128;

/**
 * WGSL: `weightLevels(word)`, which replaces the low nibble of each byte by the level that it chooses, an integer from
 * −128 to 127, as a byte with a bias; and `weightBytes`, which makes numbers of such bytes.
 *
 * GPUs index constant arrays slowly when threads want different elements, and WGSL has no byte shuffle. So all four
 * bytes walk down a tree of choices at once: bit k of a nibble, spread over its byte, chooses between two neighbours.
 */
export function levelsCode(levels: readonly number[]): string {
  const bytes = levels.map((level) => level + levelBias);
  const leaves = Array.from({ length: 8 }, (_, pair) => {
    const [low, high] = [bytes[2 * pair]!, bytes[2 * pair + 1]!];
    return `(mask0 & ${repeatByte(low ^ high)}) ^ ${repeatByte(low)}`;
  });
  const masks = [0, 1, 2, 3].map((bit) => `  let mask${bit} = ((word >> ${bit}u) & 0x01010101u) * 255u;`);
  return `
fn weightChoice(low: u32, high: u32, mask: u32) -> u32 { return (low & ~mask) | (high & mask); }
fn weightLevels(word: u32) -> u32 {
${masks.join("\n")}
  return ${choices(leaves, 1)};
}
${byteValuesFunction("weightBytes", { width: 8, position: 0, bias: levelBias })}`;
}

/** A tree of choices between neighbours: those of a pair by bit `bit`, pairs by the bits above. */
function choices(nodes: readonly string[], bit: number): string {
  if (nodes.length === 1) return nodes[0]!;
  const parents = Array.from({ length: nodes.length / 2 }, (_, pair) => {
    return `weightChoice(${nodes[2 * pair]}, ${nodes[2 * pair + 1]}, mask${bit})`;
  });
  return choices(parents, bit + 1);
}

function levelBytes(unit: string, part: number): string {
  const { word, shift } = nibbleWord(unit, part);
  return shift === 0 ? `weightLevels(${word})` : `weightLevels(${word} >> 4u)`;
}

/** An expression for the levels of a part, after {@link levelsCode}. */
export function levelValues(unit: string, part: number): string {
  return `weightBytes(${levelBytes(unit, part)})`;
}

/** An expression for the levels of a part as signed bytes. */
export function packedLevels(unit: string, part: number): string {
  return signedBytes(levelBytes(unit, part), levelBias);
}
