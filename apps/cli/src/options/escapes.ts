/** Shells make it hard to type a line break: `\n`, `\t` and `\\` are understood in stop strings. */
export function readEscapes(text: string): string {
  const meanings: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };
  return text.replaceAll(/\\([nrt\\])/g, (_, letter: string) => meanings[letter]!);
}
