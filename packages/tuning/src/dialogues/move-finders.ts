import type { MoveFinder } from "./move.ts";
import { correctMoves, deleteMoves, insertMoves, rephrasePartMoves, replaceMoves } from "./moves/edit-moves.ts";
import { keepUntranslatedMoves, releaseMoves, reviseMoves, translateMoves } from "./moves/request-moves.ts";
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

/** What finds the moves of each kind of act. */
export const moveFinders: Readonly<Record<string, MoveFinder>> = {
  ...{ "include-terms": includeTermsMoves, "forbid-terms": forbidTermsMoves, glossary: glossaryMoves },
  ...{ "keep-prefix": keepPrefixMoves, "keep-untranslated": keepUntranslatedMoves, translate: translateMoves },
  ...{ shorten: shortenMoves, lengthen: lengthenMoves, "set-length": setLengthMoves, "set-register": setRegisterMoves },
  ...{ revise: reviseMoves, release: releaseMoves, "switch-language": switchLanguageMoves },
  ...{ insert: insertMoves, replace: replaceMoves, delete: deleteMoves, correct: correctMoves },
  ...{ alternatives: alternativesMoves, "back-translate": backTranslateMoves, explain: explainMoves, ask: askMoves },
  rephrase: (context) => [...rephraseMoves(context), ...rephrasePartMoves(context)],
};
