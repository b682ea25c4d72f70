/**
 * Q4_K and Q5_K pack eight 6-bit scales and eight 6-bit minima into 12 bytes. Scales 0–3 are the low six bits of bytes
 * 0–3, minima 0–3 those of bytes 4–7; scales 4–7 and minima 4–7 have their low nibbles in bytes 8–11 and their upper
 * two bits on top of bytes 0–3 and 4–7.
 */
export function subBlockScale(bytes: Uint8Array, at: number, subBlock: number): number {
  if (subBlock < 4) return bytes[at + subBlock]! & 63;
  return (bytes[at + subBlock + 4]! & 15) | ((bytes[at + subBlock - 4]! >> 6) << 4);
}

export function subBlockMinimum(bytes: Uint8Array, at: number, subBlock: number): number {
  if (subBlock < 4) return bytes[at + subBlock + 4]! & 63;
  return (bytes[at + subBlock + 4]! >> 4) | ((bytes[at + subBlock]! >> 6) << 4);
}
