import type { Verdict } from "../act.ts";
import { fail, pass, unknown } from "../verdict.ts";
import { findDifferences, piecesOf } from "./differences.ts";
import { foldCase, loose } from "./term-search.ts";

/** So many pieces may differ beside what was asked, for articles and endings that follow from it; the second is a share. */
const followUp = 3;
const followUpShare = 0.15;

/**
 * Whether a reply is what it should be but for changes that follow from the one that was asked. Letter case and marks
 * at a seam are no change.
 * @param expected every text that the asked change alone can give
 */
export function checkOnlyAsked(reply: string, expected: readonly string[]): Verdict {
  let fewest = Number.POSITIVE_INFINITY;
  let changes = "";
  for (const text of expected) {
    const found = findDifferences(foldCase(loose(text)), foldCase(loose(reply)));
    if (found === undefined) return unknown("the texts are too long to compare");
    const words = (pieces: readonly string[]) => pieces.filter((piece) => /[\p{L}\p{N}]/u.test(piece));
    const changed = found.reduce(
      (sum, { removed, added }) => sum + Math.max(words(removed).length, words(added).length),
      0,
    );
    if (changed >= fewest) continue;
    fewest = changed;
    changes = found.map(({ removed, added }) => `"${removed.join(" ")}" → "${added.join(" ")}"`).join(", ");
  }
  if (fewest === 0) return pass("nothing else has changed");
  const size = Math.max(...expected.map((text) => piecesOf(text).length));
  if (fewest <= Math.max(followUp, size * followUpShare)) return unknown(`beside it changed: ${changes}`);
  return fail("more has changed than was asked for");
}

/** Whether a reply differs from the last translation in more than white space, letter case and width. */
export function checkChanged(reply: string, before: string | undefined): Verdict {
  if (before === undefined) return unknown("there is no earlier translation to compare with");
  const same = piecesOf(foldCase(loose(reply))).join(" ") === piecesOf(foldCase(loose(before))).join(" ");
  return same ? fail("it is the last translation again") : pass("it differs from the last translation");
}

/** Whether a reply is the source again instead of a translation. Names and numbers may well stay as they are. */
export function checkNotCopied(reply: string, source: string): Verdict {
  const same = piecesOf(foldCase(loose(reply))).join(" ") === piecesOf(foldCase(loose(source))).join(" ");
  if (!same) return pass("it is not the source again");
  const words = piecesOf(source).filter((piece) => /\p{L}/u.test(piece)).length;
  return words > 3 ? fail("it is the source again") : unknown("it is the source again, which may be right for a name");
}
