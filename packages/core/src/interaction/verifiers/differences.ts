/** A place where two texts differ, in words, marks and Han characters. */
export interface Difference {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

const piece = /[\p{Script=Han}\p{Script=Hira}\p{Script=Kana}]|[\p{L}\p{M}\p{N}]+(?:['\u2019]\p{L}+)*|[^\s]/gu;

/** Words, single Han and Kana characters, and single marks. White space is no part of a text that a change is measured by. */
export function piecesOf(text: string): readonly string[] {
  return text.normalize("NFC").match(piece) ?? [];
}

/** Above this many pairs of pieces a comparison costs more than it tells. */
const mostPairs = 4_000_000;

/**
 * What changed from one text to the other, by their longest common subsequence; undefined for texts that are too long
 * and too different to compare.
 */
export function findDifferences(before: string, after: string): readonly Difference[] | undefined {
  let left = piecesOf(before);
  let right = piecesOf(after);
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < Math.min(left.length, right.length) - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  left = left.slice(start, left.length - end);
  right = right.slice(start, right.length - end);
  return left.length * right.length > mostPairs ? undefined : differences(left, right);
}

function differences(left: readonly string[], right: readonly string[]): readonly Difference[] {
  const width = right.length + 1;
  // common[row * width + column]: length of the longest common subsequence of left from row and right from column
  const common = new Uint32Array((left.length + 1) * width);
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      common[row * width + column] =
        left[row] === right[column]
          ? 1 + common[(row + 1) * width + column + 1]!
          : Math.max(common[(row + 1) * width + column]!, common[row * width + column + 1]!);
    }
  }
  const found: { removed: string[]; added: string[] }[] = [];
  let open: (typeof found)[number] | undefined;
  const change = () => {
    if (open === undefined) {
      open = { removed: [], added: [] };
      found.push(open);
    }
    return open;
  };
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      open = undefined;
      row++;
      column++;
    } else if (
      column === right.length ||
      (row < left.length && common[(row + 1) * width + column]! >= common[row * width + column + 1]!)
    ) {
      change().removed.push(left[row++]!);
    } else {
      change().added.push(right[column++]!);
    }
  }
  return found;
}
