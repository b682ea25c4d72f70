import { textWidth } from "../output/text-width.ts";

const escapeCharacter = "\u001b";

/**
 * What a terminal shows after it was sent a text: lines of characters, wrapped at the width, with the few escape
 * sequences that the program uses (move left, erase to the end of the line, erase the line, colours).
 */
export function screenOf(text: string, width: number): string[] {
  const lines: string[][] = [[]];
  let column = 0;
  const pattern = new RegExp(`${escapeCharacter}\\[(\\d*)([A-Za-z])|[\\s\\S]`, "gu");
  for (const [whole, count, letter] of text.matchAll(pattern)) {
    const line = lines.at(-1)!;
    if (letter === "D") column = Math.max(0, Math.min(column, width - 1) - Number(count || 1));
    else if (letter === "K" && count === "2") line.length = 0;
    else if (letter === "K") line.length = column;
    else if (letter === "m") continue;
    else if (letter !== undefined) throw new Error(`the screen does not know ESC [ ${count} ${letter}`);
    else if (whole === "\n") {
      lines.push([]);
      column = 0;
    } else if (whole === "\r") column = 0;
    else {
      const size = textWidth(whole);
      if (column + size > width) {
        lines.push([]);
        column = 0;
      }
      lines.at(-1)![column] = whole;
      for (let extra = 1; extra < size; extra++) lines.at(-1)![column + extra] = "";
      column += size;
    }
  }
  return lines.map((line) => Array.from(line, (cell) => cell ?? " ").join(""));
}
