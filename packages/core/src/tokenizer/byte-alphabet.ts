/**
 * The printable alphabet in which byte-level vocabularies spell bytes (Radford et al. 2019, GPT-2's `bytes_to_unicode`):
 * printable Latin-1 characters stand for themselves, the other 68 bytes for U+0100, U+0101, … in order of the byte.
 */
const characterOfByte: Uint16Array = new Uint16Array(256);
const byteOfCharacter: Int16Array = new Int16Array(0x144).fill(-1);

let next = 0x100;
for (let byte = 0; byte < 256; byte++) {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  const character = printable ? byte : next++;
  characterOfByte[byte] = character;
  byteOfCharacter[character] = byte;
}

/** The character (a code unit below U+0144) that spells a byte. */
export function spellByte(byte: number): string {
  return String.fromCharCode(characterOfByte[byte]!);
}

/** The byte that a character spells, or -1 when the character is not of the alphabet. */
export function unspellByte(character: number): number {
  return character < 0x144 ? byteOfCharacter[character]! : -1;
}

/**
 * Reads a spelling (as UTF-8, from `start` to `end`) back into the bytes it stands for, at `target[offset]`.
 * @returns how many bytes, or -1 when a character is not of the alphabet
 */
export function unspellBytes(
  spelling: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  offset: number,
): number {
  let written = offset;
  for (let position = start; position < end; ) {
    let character = spelling[position++]!;
    if (character >= 0x80) {
      // The alphabet ends at U+0143, so two UTF-8 bytes are the most it takes.
      if ((character & 0xe0) !== 0xc0 || position >= end) return -1;
      character = ((character & 0x1f) << 6) | (spelling[position++]! & 0x3f);
    }
    const byte = unspellByte(character);
    if (byte < 0) return -1;
    target[written++] = byte;
  }
  return written - offset;
}
