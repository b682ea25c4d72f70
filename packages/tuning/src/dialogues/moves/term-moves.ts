import { forbidTerms, glossary, includeTerms, keepPrefix } from "@bayling/core/interaction";
import { isContentWord } from "../../alignment/content-words.ts";
import { type MinedTerm, mineTerms } from "../../alignment/mine-terms.ts";
import { tokenize } from "../../alignment/tokenize.ts";
import type { Rendering } from "../dialogue-index.ts";
import { type Move, type MoveContext, type MoveFinder, referenceMove, stoodBefore } from "../move.ts";
import { occurrences } from "../text-words.ts";

/** The terms of a translation that none so far has. */
function newTerms(context: MoveContext, other: Rendering): readonly MinedTerm[] {
  const { state, current, lexicon } = context;
  const terms = mineTerms(state.source, state.from, other.text, lexicon, { leastStrictness: 0.12 });
  return terms.filter(({ target }) => !stoodBefore(context, target) && !sharesStem(current, target));
}

/** Whether a text has the word with another ending: nobody asks for a word that is there already. */
function sharesStem(text: string, term: string): boolean {
  if (!/^\p{Script=Latin}/u.test(term) || term.length < 5) return false;
  return text.toLowerCase().includes(term.toLowerCase().slice(0, Math.max(4, term.length - 3)));
}

/** "Use “Wagen”": another translation has it. */
export const includeTermsMoves: MoveFinder = (context) =>
  context.others.flatMap((other) =>
    newTerms(context, other).map(({ target }) => referenceMove(includeTerms([target]), other, "other-reference")),
  );

/** "Translate “car” as “Wagen”": another translation does. */
export const glossaryMoves: MoveFinder = (context) =>
  context.others.flatMap((other) =>
    newTerms(context, other)
      .filter(({ source }) => occurrences(context.state.source, source) === 1)
      .map(({ source, target }) => referenceMove(glossary([{ source, targets: target }]), other, "other-reference")),
  );

/** "Do not use “Auto”": another translation does without. */
export const forbidTermsMoves: MoveFinder = ({ state, current, others, lexicon }) => {
  const terms = mineTerms(state.source, state.from, current, lexicon, { leastStrictness: 0.12 });
  return others.flatMap((other) =>
    terms
      .filter(({ target }) => occurrences(other.text, target) === 0 && !sharesStem(other.text, target))
      .map(({ target }) => referenceMove(forbidTerms([target]), other, "other-reference")),
  );
};

/** "Begin with “Gestern”": another translation does, and it is a beginning that says something. */
export const keepPrefixMoves: MoveFinder = ({ state: { to }, current, others }) =>
  others.flatMap((other): Move[] => {
    const [tokens, now] = [tokenize(other.text, to), tokenize(current, to)];
    const isOther = tokens[0]?.text.toLowerCase() !== now[0]?.text.toLowerCase();
    if (!isOther || tokens.length < 4) return [];
    const end = isContentWord(tokens[0]!.text, to) ? tokens[0]!.end : tokens[1]!.end;
    const prefix = other.text.slice(0, end);
    return [referenceMove(keepPrefix(prefix), other, "other-reference")];
  });
