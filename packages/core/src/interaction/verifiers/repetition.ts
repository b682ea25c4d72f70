import type { Verdict } from "../act.ts";
import { fail, pass, unknown } from "../verdict.ts";
import { piecesOf } from "./differences.ts";

/** A piece of text that comes this often in a row, and is this long all in all, is a loop. */
const leastRounds = 4;
const leastPieces = 12;
const longestPeriod = 60;

/** Whether a reply goes round in circles, as models do that have lost the thread. */
export function checkNoLoop(reply: string, source: string): Verdict {
  const loop = findLoop(piecesOf(reply));
  if (loop === undefined) return pass("it does not repeat itself");
  if (findLoop(piecesOf(source)) !== undefined) return unknown("it repeats itself, and so does the source");
  return fail(`it repeats "${loop.length > 60 ? `${loop.slice(0, 60)}…` : loop}" over and over`);
}

function findLoop(pieces: readonly string[]): string | undefined {
  for (let period = 1; period <= longestPeriod; period++) {
    let matching = 0;
    for (let index = period; index < pieces.length; index++) {
      matching = pieces[index] === pieces[index - period] ? matching + 1 : 0;
      const length = matching + period;
      if (length >= leastRounds * period && length >= leastPieces) {
        return pieces.slice(index - period + 1, index + 1).join(" ");
      }
    }
  }
  return undefined;
}
