import { type Act, correct, deleteText, insert, rephrase, replace } from "@bayling/core/interaction";
import { isContentWord } from "../../alignment/content-words.ts";
import { folded, tokenize } from "../../alignment/tokenize.ts";
import { personsOf } from "../address.ts";
import type { Rendering } from "../dialogue-index.ts";
import { editedMove, type Move, type MoveContext, type MoveFinder, referenceMove } from "../move.ts";
import { findDifference, type TextDifference } from "../text-difference.ts";
import { capitalised, changedWords, occurrences } from "../text-words.ts";

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

/** Single letters and Han particles are not what people talk about. */
function isWorthSaying(text: string): boolean {
  return /\p{Script=Han}/u.test(text) ? text.length > 1 || !/[的了吗呢吧啊着过地得]/u.test(text) : text.length > 1;
}

function hasContent({ difference: { fromWords, toWords } }: Edit, language: string): boolean {
  return [fromWords, toWords].every((words) => words.some((word) => isContentWord(word, language)));
}

/** Whether the edit leaves whom the text speaks to and about. */
function isAbout({ other }: Edit, { current, state: { to } }: MoveContext): boolean {
  return personsOf(current, to) === personsOf(other.text, to) && changedWords(current, other.text, to) > 1;
}

/** A word in a place where people exchanged it for another in other sentences, where its neighbours go with that too. */
function learnedExchanges({
  state,
  current,
  index,
  lexicon,
  random,
}: MoveContext): readonly { from: string; to: string; reply: string }[] {
  const tokens = tokenize(current, state.to);
  const found: { from: string; to: string; reply: string }[] = [];
  const sources = tokenize(state.source, state.from);
  const translates = (word: string) =>
    lexicon
      .translations(word, state.to)
      .some(
        ({ word: source, count }) =>
          count > 1 && sources.some(({ text }) => folded(text) === source && isContentWord(text, state.from)),
      );
  for (const [place, token] of random.shuffle([...tokens.entries()])) {
    if (occurrences(current, token.text) !== 1) continue;
    for (const word of index.exchanges(token.text, state.to)) {
      const to = place === 0 ? capitalised(word) : word;
      const reply = current.slice(0, token.start) + to + current.slice(token.end);
      if (
        occurrences(current, to) === 0 &&
        translates(word) &&
        index.ngrams(state.to).knows(tokenize(reply, state.to), place, place)
      ) {
        found.push({ from: token.text, to, reply });
      }
    }
  }
  return found;
}

/** What two people wrote for the same text at the same place, or a rule from what they did elsewhere. */
function exchangeMoves(context: MoveContext, makeAct: (from: string, to: string) => Act, contentOnly: boolean): Move[] {
  const written = exchanges(context)
    .filter((edit) => !contentOnly || (hasContent(edit, context.state.to) && isAbout(edit, context)))
    .map(({ other, difference }) => referenceMove(makeAct(difference.from, difference.to), other, "one-place"));
  if (written.length > 0) return written;
  return learnedExchanges(context).map(({ from, to, reply }) =>
    editedMove(makeAct(from, to), reply, "learned-exchange", true),
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

/** Words that a sentence stands without. Others that people left out may be its verb. */
const dispensable = new Set(
  (
    "just really very too now also even still quite actually already always ever that some any at all please " +
    "sehr wirklich doch mal nur jetzt schon auch noch ganz gerade immer so denn ja eben einfach bitte ziemlich " +
    "很 非常 真 真的 太 也 都 就 还 已经 正在 现在 一直 一点 有点 请"
  ).split(" "),
);

/** "Leave out “wirklich”." */
export const deleteMoves: MoveFinder = (context) => {
  const { state, current, index } = context;
  const written = edits(context)
    .filter(({ difference: { from, to } }) => to === "" && isWorthSaying(from) && occurrences(current, from) === 1)
    .map(({ other, difference }) => referenceMove(deleteText(difference.from), other, "one-place"));
  if (written.length > 0) return written;
  const tokens = tokenize(current, state.to);
  const optional = index.optionalWords(state.to);
  return tokens.flatMap((token, place) => {
    if (
      place === 0 ||
      !dispensable.has(folded(token.text)) ||
      !optional.has(folded(token.text)) ||
      !isWorthSaying(token.text)
    )
      return [];
    if (occurrences(current, token.text) !== 1) return [];
    const reply = (current.slice(0, token.start) + current.slice(token.end))
      .replace(/ {2,}/gu, " ")
      .replace(/ (?=[.,!?])/gu, "");
    if (!index.ngrams(state.to).knows(tokenize(reply, state.to), place, place)) return [];
    return [editedMove(deleteText(token.text), reply, "learned-omission", true)];
  });
};
