import type { SteeredDialogue } from "../systems/interactive-system.ts";

/** What a translator who types the reference is spared by suggestions. */
export interface TypingResult {
  /** Words of the reference. */
  readonly words: number;
  /** Those that were suggested, as a whole or from their first letters on, before any letter of them was typed. */
  readonly wordsSuggested: number;
  /** Keys that it took: one for each character, and one to take a suggested word. */
  readonly keystrokes: number;
  /** Keys without suggestions. */
  readonly characters: number;
}

/**
 * A simulated translator: types the reference, and takes the next word with one key whenever the suggestion has it right.
 * Asks at the beginning of each word, and once more after its first letter.
 */
export async function simulateTyping(
  dialogue: Required<Pick<SteeredDialogue, "suggest">>,
  reference: string,
  language: string,
  signal?: AbortSignal,
): Promise<TypingResult> {
  const pieces = splitPieces(reference, language);
  let [typed, keystrokes, wordsSuggested] = ["", 0, 0];
  for (const piece of pieces) {
    const suggestion = await dialogue.suggest(typed, signal);
    if (begins(suggestion, piece, language)) {
      wordsSuggested++;
      keystrokes++;
    } else {
      const [first = ""] = piece.trimStart();
      const begun = piece.slice(0, piece.length - piece.trimStart().length) + first;
      const rest = piece.slice(begun.length);
      keystrokes += countCharacters(begun);
      const more = rest === "" ? "" : await dialogue.suggest(typed + begun, signal);
      keystrokes += rest === "" ? 0 : begins(more, rest, language) ? 1 : countCharacters(rest);
    }
    typed += piece;
  }
  return { words: pieces.length, wordsSuggested, keystrokes, characters: countCharacters(reference) };
}

/** Words with the white space before them and the marks behind them; together they are the text. */
function splitPieces(text: string, language: string): string[] {
  const pieces: string[] = [];
  let carried = "";
  for (const { segment, isWordLike } of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) {
    if (isWordLike) {
      pieces.push(carried + segment);
      carried = "";
    } else if (/^\s+$/u.test(segment) || pieces.length === 0) carried += segment;
    else pieces[pieces.length - 1] += carried + segment;
  }
  if (carried !== "") pieces.push((pieces.pop() ?? "") + carried);
  return pieces;
}

/** Whether a suggestion begins with a piece, and goes on with something else than the same word. */
function begins(suggestion: string, piece: string, language: string): boolean {
  if (!suggestion.startsWith(piece)) return false;
  const next = suggestion.slice(piece.length);
  if (next === "" || !/^[\p{L}\p{M}\p{N}]/u.test(next)) return true;
  // Languages without spaces: the next character may begin the next word.
  return splitPieces(suggestion, language).some((_, index, pieces) => pieces.slice(0, index + 1).join("") === piece);
}

function countCharacters(text: string): number {
  return [...text].length;
}
