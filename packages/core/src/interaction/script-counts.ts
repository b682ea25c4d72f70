/** ISO 15924 codes of the scripts that are told apart. */
const scripts = [
  ...["Hani", "Hira", "Kana", "Bopo", "Hang", "Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Beng", "Guru", "Gujr"],
  ...["Taml", "Telu", "Knda", "Mlym", "Sinh", "Thai", "Laoo", "Tibt", "Mymr", "Khmr", "Geor", "Armn", "Ethi", "Mong"],
];
const letters = scripts.map((script) => new RegExp(`\\p{Script=${script}}`, "u"));

/** So many of them write a word, or near enough, with each character. */
const ideographic = 4;

/**
 * What characters of the basic plane are, by code: 0 where it is not known yet; `other`; `mark`; or `firstScript` and the
 * place of the script, with the bit `alsoMark` for marks that have a script of their own.
 */
const kinds = new Uint8Array(0x10000);
const other = 1;
const mark = 2;
const firstScript = 3;
const alsoMark = 128;

function kindOf(code: number): number {
  const known = code < kinds.length ? kinds[code]! : 0;
  if (known !== 0) return known;
  const character = String.fromCodePoint(code);
  const script = letters.findIndex((letter) => letter.test(character));
  const isMark = /\p{M}/u.test(character);
  const kind = script === -1 ? (isMark ? mark : other) : (firstScript + script) | (isMark ? alsoMark : 0);
  if (code < kinds.length) kinds[code] = kind;
  return kind;
}

/**
 * How much of a text is in which script. The unit is a run of letters with their marks, or one character of Han, Kana and
 * Bopomofo, so that "TypeScript" in a Chinese sentence weighs no more than a Chinese word.
 */
export function countScripts(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  /** The script of the run of letters that goes on. */
  let run = -1;
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index)!;
    if (code > 0xffff) index++;
    const kind = kindOf(code);
    const isMark = kind === mark || kind >= alsoMark;
    const script = (kind & ~alsoMark) - firstScript;
    if (run !== -1 && (isMark || script === run)) continue;
    run = script >= ideographic ? script : -1;
    if (script >= 0) counts.set(scripts[script]!, (counts.get(scripts[script]!) ?? 0) + 1);
  }
  return counts;
}
