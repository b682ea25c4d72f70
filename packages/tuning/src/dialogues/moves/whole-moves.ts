import { countLength } from "@bayling/core/constraints";
import { lengthen, rephrase, setLength, setRegister, shorten, switchLanguage } from "@bayling/core/interaction";
import { isContentWord } from "../../alignment/content-words.ts";
import { tokenize } from "../../alignment/tokenize.ts";
import { addressOf, personsOf } from "../address.ts";
import type { Rendering } from "../dialogue-index.ts";
import { sharesStem } from "../learned-edits.ts";
import { editedMove, type Move, type MoveContext, type MoveFinder, referenceMove, wasSaid } from "../move.ts";
import { changedWords, sizeOf } from "../text-words.ts";

/** Translations that speak to and about the same people as the last one, and have other words. */
function alike({ state: { to }, current, others }: MoveContext): readonly Rendering[] {
  const persons = personsOf(current, to);
  return others.filter(({ text }) => personsOf(text, to) === persons && changedWords(current, text, to) > 0);
}

/** Whether another text has a word that means something, which is no other form of one of the first text. */
function isReworded(one: string, other: string, language: string): boolean {
  const words = (text: string) => tokenize(text, language).map((token) => token.text);
  const before = words(one);
  return words(other).some(
    (word) => isContentWord(word, language) && !before.some((known) => known === word || sharesStem(known, word)),
  );
}

/** "Say the same thing in other words." */
export const rephraseMoves: MoveFinder = (context) =>
  alike(context)
    .filter(({ text }) => isReworded(context.current, text, context.state.to) && !wasSaid(context, text))
    .map((other) => referenceMove(rephrase(), other, "other-reference"));

function unit(language: string): "words" | "characters" {
  return language.startsWith("zh") ? "characters" : "words";
}

function counted(text: string, language: string): number {
  return countLength(text, unit(language));
}

/** "Make it shorter", "use at most 4 words". */
export const shortenMoves: MoveFinder = (context) => {
  const { current, state, random } = context;
  const [size, length] = [sizeOf(current, state.to), counted(current, state.to)];
  return alike(context).flatMap((other) => {
    if (sizeOf(other.text, state.to) >= size) return [];
    const most = counted(other.text, state.to);
    const limit = random.below(2) === 0 && most < length ? { most, unit: unit(state.to) } : {};
    return [referenceMove(shorten(limit), other, "other-reference")];
  });
};

/** "Make the translation more detailed": where there is something more to it. */
export const lengthenMoves: MoveFinder = (context) => {
  const { current, state, random } = context;
  const [size, length] = [sizeOf(current, state.to), counted(current, state.to)];
  return alike(context).flatMap((other) => {
    if (sizeOf(other.text, state.to) < size + 2) return [];
    const least = counted(other.text, state.to);
    const limit = random.below(2) === 0 && least > length ? { least, unit: unit(state.to) } : {};
    return [referenceMove(lengthen(limit), other, "other-reference")];
  });
};

/** "Use exactly 5 words." */
export const setLengthMoves: MoveFinder = (context) => {
  const { current, state, random } = context;
  const length = counted(current, state.to);
  return alike(context).flatMap((other): Move[] => {
    const size = counted(other.text, state.to);
    if (size === length || size < 2) return [];
    const wide = random.below(2) === 0;
    const [least, most] = wide ? (size < length ? [Math.max(1, size - 2), size] : [size, size + 2]) : [size, size];
    return [referenceMove(setLength({ least, most, unit: unit(state.to) }), other, "other-reference")];
  });
};

/** "Make it more formal": from du to Sie, from 你 to 您, and back. */
export const setRegisterMoves: MoveFinder = (context) => {
  const { state, current, others } = context;
  const address = addressOf(current, state.to);
  if (address !== "one" && address !== "several" && address !== "formal") return [];
  const wanted = address === "formal" ? "informal" : "formal";
  const written = others
    .filter(({ text }) => {
      const other = addressOf(text, state.to);
      return wanted === "formal" ? other === "formal" : other === "one" || other === "several";
    })
    .map((other) => ({ other, changed: changedWords(current, other.text, state.to) }))
    .sort((one, other) => one.changed - other.changed)
    .map(({ other }) => referenceMove(setRegister(wanted), other, "other-register"));
  if (written.length > 0 || !state.to.startsWith("zh") || address === "several" || /[「“"]/u.test(current))
    return written.slice(0, 1);
  const reply = wanted === "formal" ? current.replaceAll(/[你妳]/gu, "您") : current.replaceAll("您", "你");
  return [editedMove(setRegister(wanted), reply, "polite-pronoun", true)];
};

/** "Now translate it into German." */
export const switchLanguageMoves: MoveFinder = ({ state, current, index, history }) => {
  if (history.some(({ act }) => act.kind === "switch-language")) return [];
  const direct = index.renderings(state.source, state.from);
  const pivoted = state.from === "en" ? [] : index.renderings(current, state.to);
  const isNew = ({ language }: Rendering) => language !== state.to && language !== state.from;
  return [
    ...direct.filter(isNew).map((other) => referenceMove(switchLanguage(other.language), other, "other-language")),
    ...pivoted.filter(isNew).map((other) => referenceMove(switchLanguage(other.language), other, "pivot")),
  ];
};
