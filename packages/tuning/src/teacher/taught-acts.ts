import {
  type Act,
  alternatives,
  ask,
  backTranslate,
  explain,
  type InstructionLanguage,
  lengthen,
  rephrase,
  revise,
  setRegister,
  shorten,
} from "@bayling/core/interaction";
import type { Random } from "../random.ts";

/** Changes and questions in a person's own words, which no rule can answer. */
const wishes: Readonly<
  Record<InstructionLanguage, { readonly revise: readonly string[]; readonly ask: readonly string[] }>
> = {
  en: {
    revise: [
      "It should sound like something one would say aloud.",
      "It is for children; use simple words.",
      "Make it read like a line from a novel.",
      "I need it for a business letter.",
      "Stay as close to the wording of the original as you can.",
      "Make it fit for a headline.",
    ],
    ask: [
      "Is there anything in the original that is hard to translate?",
      "In what situation would one say this?",
      "Could the original be understood in another way?",
      "Which word in the translation matters most, and why?",
    ],
  },
  zh: {
    revise: [
      "要像平时说话一样自然。",
      "这是给孩子看的，请用简单的词。",
      "请译得像小说里的一句话。",
      "我要把它写进商务信函。",
      "请尽量贴近原文的字面。",
      "请改得适合做标题。",
    ],
    ask: [
      "原文里有什么难译的地方吗？",
      "人们会在什么场合说这句话？",
      "原文还能有别的理解吗？",
      "译文里哪个词最关键，为什么？",
    ],
  },
  de: {
    revise: [
      "Es soll so klingen, wie man es laut sagen würde.",
      "Es ist für Kinder; nimm einfache Wörter.",
      "Es soll sich lesen wie ein Satz aus einem Roman.",
      "Ich brauche es für einen Geschäftsbrief.",
      "Bleib so nah am Wortlaut des Originals, wie es geht.",
      "Mach es so, dass es als Überschrift taugt.",
    ],
    ask: [
      "Ist am Original etwas schwer zu übersetzen?",
      "In welcher Lage würde man das sagen?",
      "Könnte man das Original auch anders verstehen?",
      "Welches Wort der Übersetzung ist das wichtigste, und warum?",
    ],
  },
};

type ActMaker = (random: Random, language: InstructionLanguage) => Act;

/** What a teacher is asked for: acts whose replies cannot be worked out from a pair of sentences. */
const makers: Readonly<Record<string, ActMaker>> = {
  "set-register": (random) => setRegister(random.pick(["formal", "informal"])),
  rephrase: () => rephrase(),
  shorten: () => shorten(),
  lengthen: () => lengthen(),
  revise: (random, language) => revise(random.pick(wishes[language].revise)),
  explain: () => explain(),
  ask: (random, language) => ask(random.pick(wishes[language].ask)),
  alternatives: (random) => alternatives(2 + random.below(2)),
  "back-translate": () => backTranslate(),
};

/** Kinds of acts that a teacher can be asked for. */
export const taughtActKinds: readonly string[] = Object.keys(makers);

export function makeTaughtAct(kind: string, random: Random, language: InstructionLanguage): Act {
  return makers[kind]!(random, language);
}
