/** ISO 15924 codes of the scripts that are told apart. */
const scripts = [
  ...["Hani", "Hira", "Kana", "Bopo", "Hang", "Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Beng", "Guru", "Gujr"],
  ...["Taml", "Telu", "Knda", "Mlym", "Sinh", "Thai", "Laoo", "Tibt", "Mymr", "Khmr", "Geor", "Armn", "Ethi", "Mong"],
];

/** Scripts that write a word, or near enough, with each character. */
const ideographic = new Set(["Hani", "Hira", "Kana", "Bopo"]);

const units = new RegExp(
  scripts
    .map((script) => {
      const letters = `\\p{Script=${script}}`;
      return `(?<${script}>${ideographic.has(script) ? letters : `(?:${letters}\\p{M}*)+`})`;
    })
    .join("|"),
  "gu",
);

/**
 * How much of a text is in which script. The unit is a run of letters, or one character of Han, Kana and Bopomofo, so
 * that "TypeScript" in a Chinese sentence weighs no more than a Chinese word.
 */
export function countScripts(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { groups } of text.matchAll(units)) {
    for (const script of scripts) {
      if (groups?.[script] !== undefined) counts.set(script, (counts.get(script) ?? 0) + 1);
    }
  }
  return counts;
}
