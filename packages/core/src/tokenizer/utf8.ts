/** Bytes of a character in UTF-8, by its first one. */
export function characterLength(firstByte: number): number {
  return firstByte < 0x80 ? 1 : firstByte < 0xe0 ? 2 : firstByte < 0xf0 ? 3 : 4;
}

/**
 * Writes a code point as UTF-8 to `bytes[offset]`; a lone surrogate as U+FFFD.
 * @returns the offset after it
 */
export function writeCharacter(bytes: Uint8Array, offset: number, codePoint: number): number {
  let at = offset;
  if (codePoint > 0xffff) {
    bytes[at++] = 0xf0 | (codePoint >> 18);
    bytes[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
    bytes[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
    bytes[at++] = 0x80 | (codePoint & 0x3f);
    return at;
  }
  const character = codePoint >= 0xd800 && codePoint < 0xe000 ? 0xfffd : codePoint;
  if (character < 0x80) {
    bytes[at++] = character;
    return at;
  }
  if (character < 0x800) {
    bytes[at++] = 0xc0 | (character >> 6);
  } else {
    bytes[at++] = 0xe0 | (character >> 12);
    bytes[at++] = 0x80 | ((character >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (character & 0x3f);
  return at;
}
