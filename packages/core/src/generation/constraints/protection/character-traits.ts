import { type CharacterClasses, characterClasses } from "../characters/character-classes.ts";
import { type CharacterSet, charactersMatching, charactersOf, forEachCharacter } from "../characters/character-set.ts";
import { spacedLetters } from "../word-characters.ts";
import {
  digitClass,
  linkClosers,
  linkForerunners,
  linkSigns,
  linkTrailers,
  mailboxClass,
  numberSeparatorClass,
} from "./span-characters.ts";

/** What a character may begin or carry on, beyond the spans that it is a part of. */
export interface CharacterTraits {
  /** The character itself if it is a sign that begins something or a part of a span, else one of its kind. */
  readonly sign: string;
  readonly isDigit: boolean;
  readonly isNumberSeparator: boolean;
  readonly isMailbox: boolean;
  readonly isForerunner: boolean;
  readonly isLink: boolean;
  readonly isTrailer: boolean;
  readonly isCloser: boolean;
  /** ASCII. */
  readonly isLetter: boolean;
  readonly isAsciiDigit: boolean;
}

const signs = "<>{}`%&$@:/;wt.#?!*+-_(),' ";

/** Classes that tell apart all that matters for the placing of spans, and what each class is. */
export function spanCharacterClasses(texts: readonly string[]): {
  readonly classes: CharacterClasses;
  readonly traits: readonly CharacterTraits[];
} {
  const letters = charactersMatching("[A-Za-z]");
  const sets: CharacterSet[] = [
    charactersMatching(digitClass),
    charactersMatching(`[${numberSeparatorClass}]`),
    charactersMatching(`[${mailboxClass}]`),
    charactersOf(linkForerunners),
    spacedLetters(),
    charactersOf(linkSigns),
    charactersOf(linkTrailers),
    charactersOf(linkClosers),
    letters,
    charactersMatching("[0-9]"),
  ];
  const own = sets.length;
  forEachCharacter(charactersOf(signs + texts.join("")), (codePoint) => sets.push([codePoint, codePoint]));
  const classes = characterClasses(sets);
  const traits = Array.from({ length: classes.count }, (_, index): CharacterTraits => {
    const [digit, separator, mailbox, forerunner, spaced, link, trailer, closer, letter, asciiDigit] = Array.from(
      { length: own },
      (_, set) => classes.isIn(index, set),
    ) as [boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean, boolean];
    return {
      sign: String.fromCodePoint(classes.representative(index)),
      isDigit: digit,
      isNumberSeparator: separator,
      isMailbox: mailbox,
      isForerunner: forerunner || spaced,
      isLink: link || spaced,
      isTrailer: trailer,
      isCloser: closer,
      isLetter: letter,
      isAsciiDigit: asciiDigit,
    };
  });
  return { classes, traits };
}
