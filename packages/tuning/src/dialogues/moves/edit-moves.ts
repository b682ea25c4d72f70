import { type Act, correct, deleteText, insert, rephrase, replace } from "@bayling/core/interaction";
import { isContentWord } from "../../alignment/content-words.ts";
import { personsOf } from "../address.ts";
import type { Rendering } from "../dialogue-index.ts";
import { exchangedWords, omissions } from "../learned-edits.ts";
import { editedMove, type Move, type MoveContext, type MoveFinder, referenceMove } from "../move.ts";
import { findDifference, type TextDifference } from "../text-difference.ts";
import { changedWords, isWorthSaying, occurrences } from "../text-words.ts";

interface Edit {
  readonly other: Rendering;
  readonly difference: TextDifference;
}

const mostEdited = 3;

/** Other translations that differ from the last one at one place. */
function edits({ state, current, others }: MoveContext): readonly Edit[] {
  return others.flatMap((other) => {
    const difference = findDifference(current, other.text, state.to);
    if (difference === undefined) return [];
    const { fromWords, toWords } = difference;
    return Math.max(fromWords.length, toWords.length) > mostEdited ? [] : [{ other, difference }];
  });
}

/** Edits that put words in the place of others, where it is clear which are meant. */
function exchanges(context: MoveContext): readonly Edit[] {
  return edits(context)
    .filter(
      ({ difference: { from, to } }) =>
        from !== "" &&
        to !== "" &&
        occurrences(context.current, from) === 1 &&
        isWorthSaying(from) &&
        isWorthSaying(to),
    )
    .filter(({ difference: { fromWords, toWords } }) => !fromWords.some((word) => toWords.includes(word)));
}

function hasContent({ difference: { fromWords, toWords } }: Edit, language: string): boolean {
  return [fromWords, toWords].every((words) => words.some((word) => isContentWord(word, language)));
}

/** Whether the edit leaves whom the text speaks to and about. */
function isAbout({ other }: Edit, { current, state: { to } }: MoveContext): boolean {
  return personsOf(current, to) === personsOf(other.text, to) && changedWords(current, other.text, to) > 1;
}

/** What two people wrote for the same text at the same place, or a rule from what they did elsewhere. */
function exchangeMoves(context: MoveContext, makeAct: (from: string, to: string) => Act, contentOnly: boolean): Move[] {
  const written = exchanges(context)
    .filter((edit) => !contentOnly || (hasContent(edit, context.state.to) && isAbout(edit, context)))
    .map(({ other, difference }) => referenceMove(makeAct(difference.from, difference.to), other, "one-place"));
  if (written.length > 0) return written;
  const { state, current, index, lexicon, random } = context;
  return exchangedWords({ ...state, text: current, index, lexicon, random }).map(({ from, to, text }) =>
    editedMove(makeAct(from, to), text, "learned-exchange", true),
  );
}

/** "Replace “Auto” with “Wagen”." */
export const replaceMoves: MoveFinder = (context) => exchangeMoves(context, (from, to) => replace(from, to), false);

/** "“Auto” is wrong; it should be “Wagen”." */
export const correctMoves: MoveFinder = (context) =>
  exchangeMoves(context, (from, to) => correct({ wrong: from, right: to }), true);

/** "Find another wording for “Auto”." */
export const rephrasePartMoves: MoveFinder = (context) => exchangeMoves(context, (from) => rephrase(from), true);

/** "Insert “wirklich” before “krank”." */
export const insertMoves: MoveFinder = (context) => {
  const { random, state } = context;
  return edits(context).flatMap(({ other, difference }) => {
    const { from, to, before, after } = difference;
    if (from !== "" || !isWorthSaying(to) || occurrences(other.text, to) !== 1) return [];
    const wheres: Parameters<typeof insert>[1][] = [{}];
    const isAnchor = (word: string | undefined): word is string =>
      word !== undefined && occurrences(context.current, word) === 1 && isWorthSaying(word);
    if (isAnchor(after) && before !== undefined) wheres.push({ place: "before", anchor: after });
    if (isAnchor(before)) wheres.push({ place: "after", anchor: before });
    if (before === undefined) wheres.splice(0, 1, { place: "start" });
    if (after === undefined && !state.to.startsWith("zh")) wheres.push({ place: "end" });
    return [referenceMove(insert(to, random.pick(wheres)), other, "one-place")];
  });
};

/** "Leave out “wirklich”." */
export const deleteMoves: MoveFinder = (context) => {
  const { state, current, index } = context;
  const written = edits(context)
    .filter(({ difference: { from, to } }) => to === "" && isWorthSaying(from) && occurrences(current, from) === 1)
    .map(({ other, difference }) => referenceMove(deleteText(difference.from), other, "one-place"));
  if (written.length > 0) return written;
  return omissions(current, state.to, index).map(({ left, text }) =>
    editedMove(deleteText(left), text, "learned-omission", true),
  );
};
