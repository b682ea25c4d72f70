/** What a character of Han stands for in letters of an alphabet: the mean of Tatoeba's pairs with English. */
const hanLetters = 3.3;
/** Of Kana and Hangul, which write syllables. */
const syllableLetters = 2;

/**
 * The length of a text in letters of an alphabet, so that lengths compare across scripts. Marks, spaces and pictures
 * count for nothing.
 */
export function measureLength(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) {
      const isLetter = (code > 0x60 && code < 0x7b) || (code > 0x40 && code < 0x5b) || (code > 0x2f && code < 0x3a);
      if (isLetter) length++;
    } else if ((code >= 0x3400 && code <= 0x9fff) || (code >= 0xf900 && code <= 0xfaff)) length += hanLetters;
    else if (code >= 0x3040 && code <= 0x30ff) length += syllableLetters;
    else if (code >= 0xac00 && code <= 0xd7af) length += syllableLetters;
    else if (code >= 0xd800 && code <= 0xdfff) {
      // The planes of rare ideographs; the others hold pictures and scripts of old.
      const character = text.codePointAt(index++)!;
      if (character >= 0x20000 && character <= 0x3ffff) length += hanLetters;
    } else if (!isMark(code)) length++;
  }
  return length;
}

function isMark(code: number): boolean {
  if (code < 0xc0) return code !== 0xaa && code !== 0xb5 && code !== 0xba;
  return (
    (code >= 0x300 && code <= 0x36f) ||
    (code >= 0x2000 && code <= 0x2bff) ||
    (code >= 0x3000 && code <= 0x303f && code !== 0x3005 && code !== 0x3007) ||
    (code >= 0xfe00 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff0f) ||
    (code >= 0xff1a && code <= 0xff20)
  );
}
