import type { DialogueTurn } from "./dialogue.ts";
import type { MoveFinder } from "./move.ts";
import { correctMoves, deleteMoves, insertMoves, rephrasePartMoves, replaceMoves } from "./moves/edit-moves.ts";
import { keepUntranslatedMoves, releaseMoves, reviseMoves, translateMoves, undoMoves } from "./moves/request-moves.ts";
import { forbidTermsMoves, glossaryMoves, includeTermsMoves, keepPrefixMoves } from "./moves/term-moves.ts";
import {
  lengthenMoves,
  rephraseMoves,
  setLengthMoves,
  setRegisterMoves,
  shortenMoves,
  switchLanguageMoves,
} from "./moves/whole-moves.ts";
import { alternativesMoves, askMoves, backTranslateMoves, explainMoves } from "./moves/word-moves.ts";

/** What finds the moves for each request of a later turn: by kind of act, and `undo`, which is said with `revise`. */
export const moveFinders: Readonly<Record<string, MoveFinder>> = {
  ...{ "include-terms": includeTermsMoves, "forbid-terms": forbidTermsMoves, glossary: glossaryMoves },
  ...{ "keep-prefix": keepPrefixMoves, "keep-untranslated": keepUntranslatedMoves, translate: translateMoves },
  ...{ shorten: shortenMoves, lengthen: lengthenMoves, "set-length": setLengthMoves, "set-register": setRegisterMoves },
  ...{ revise: reviseMoves, undo: undoMoves, release: releaseMoves, "switch-language": switchLanguageMoves },
  ...{ insert: insertMoves, replace: replaceMoves, delete: deleteMoves, correct: correctMoves },
  ...{ alternatives: alternativesMoves, "back-translate": backTranslateMoves, explain: explainMoves, ask: askMoves },
  rephrase: (context) => [...rephraseMoves(context), ...rephrasePartMoves(context)],
};

/** Under which name a later turn was asked for. */
export function requestName({ act, derivation }: DialogueTurn): string {
  return derivation.rule === "undo" ? "undo" : (act?.kind ?? "");
}
