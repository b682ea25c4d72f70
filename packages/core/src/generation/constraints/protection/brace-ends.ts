/** For each opening brace that has a closing one, where the text goes on after that. */
export function findBraceEnds(text: string): ReadonlyMap<number, number> {
  const open: number[] = [];
  const ends = new Map<number, number>();
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") open.push(at);
    else if (text[at] === "}" && open.length > 0) ends.set(open.pop()!, at + 1);
  }
  return ends;
}
