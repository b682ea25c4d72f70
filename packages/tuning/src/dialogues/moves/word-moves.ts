import {
  alternatives,
  ask,
  backTranslate,
  explain,
  type InstructionLanguage,
  languageName,
} from "@bayling/core/interaction";
import { isContentWord } from "../../alignment/content-words.ts";
import { type MinedTerm, mineTerms } from "../../alignment/mine-terms.ts";
import { personsOf } from "../address.ts";
import { type Move, type MoveContext, type MoveFinder, wasSaid } from "../move.ts";
import { findDifference } from "../text-difference.ts";
import { changedWords, occurrences } from "../text-words.ts";

const composed = (rule: string) => ({ kind: "composed", rule, isMechanical: false }) as const;

/** Nobody asks for other words for half a sentence. */
const mostWords = 3;

/** Other translations by people, a line each. */
export const alternativesMoves: MoveFinder = (context) => {
  const { others, random, current, state } = context;
  const moves: Move[] = [];
  const different = others.filter(({ text }) => changedWords(current, text, state.to) > 1 && !wasSaid(context, text));
  if (different.length > 0) {
    const chosen = random.shuffle(different).slice(0, 1 + random.below(Math.min(3, different.length)));
    const reply = list(chosen.map(({ text }) => text));
    moves.push({
      ...{ act: alternatives(chosen.length), reply, derivation: composed("other-references") },
      origins: chosen.map(({ origin }) => origin),
    });
  }
  const parts = new Map<string, { text: string; origin: Move["origins"][number] }[]>();
  for (const { text, origin } of others) {
    const difference = findDifference(current, text, state.to);
    if (difference === undefined || difference.from.length < 2 || difference.to === "") continue;
    if (Math.max(difference.fromWords.length, difference.toWords.length) > mostWords) continue;
    if (occurrences(current, difference.from) !== 1 || personsOf(current, state.to) !== personsOf(text, state.to))
      continue;
    const words = [...difference.fromWords, ...difference.toWords];
    if (words.every((word) => !isContentWord(word, state.to)) || changedWords(current, text, state.to) < 2) continue;
    parts.set(difference.from, [...(parts.get(difference.from) ?? []), { text: difference.to, origin }]);
  }
  for (const [from, options] of parts) {
    moves.push({
      act: alternatives(options.length, from),
      reply: list(options.map(({ text }) => text)),
      derivation: composed("other-wordings"),
      origins: options.map(({ origin }) => origin),
    });
  }
  return moves;
};

function list(lines: readonly string[]): string {
  return lines.length === 1 ? lines[0]! : lines.map((line, index) => `${index + 1}. ${line}`).join("\n");
}

/** What other people wrote that has the last translation as its translation: the source itself would be a copy. */
export const backTranslateMoves: MoveFinder = ({ state, current, index }) =>
  index
    .renderings(current, state.to)
    .filter(({ language, text }) => language === state.from && changedWords(state.source, text, state.from) > 0)
    .map(({ text, origin }) => ({
      ...{ act: backTranslate(), reply: text, origins: [origin] },
      derivation: { kind: "reference", rule: "other-source", isMechanical: false },
    }));

const marks: Readonly<Record<InstructionLanguage, readonly [string, string]>> = {
  en: ["“", "”"],
  zh: ["“", "”"],
  de: ["„", "“"],
};

function quoted(text: string, language: InstructionLanguage): string {
  const [open, close] = marks[language];
  return open + text + close;
}

interface TermAnswer {
  readonly question: Readonly<Record<InstructionLanguage, readonly string[]>>;
  readonly answer: Readonly<Record<InstructionLanguage, readonly string[]>>;
}

const whichWord: TermAnswer = {
  question: {
    en: [
      "Which word in the translation stands for {source}?",
      "How did you translate {source}?",
      "What has become of {source} in the translation?",
    ],
    zh: ["译文里哪个词对应{source}？", "{source}译成了什么？", "原文的{source}在译文里是哪个词？"],
    de: [
      "Welches Wort in der Übersetzung steht für {source}?",
      "Womit hast du {source} übersetzt?",
      "Was ist in der Übersetzung aus {source} geworden?",
    ],
  },
  answer: {
    en: [
      "{source} is {target} in the translation.",
      "I translated {source} as {target}.",
      "{target} stands for {source}.",
    ],
    zh: ["{source}译成了{target}。", "译文里对应{source}的是{target}。", "{target}对应原文的{source}。"],
    de: [
      "{source} ist in der Übersetzung {target}.",
      "Ich habe {source} mit {target} übersetzt.",
      "{target} steht für {source}.",
    ],
  },
};

const whatMeans: TermAnswer = {
  question: {
    en: ["What does {target} mean?", "What is {target} in the original?", "I do not know {target}. What does it mean?"],
    zh: ["{target}是什么意思？", "{target}我不认识，是什么意思？", "译文里的{target}指的是什么？"],
    de: ["Was bedeutet {target}?", "Was heißt {target}?", "Ich kenne {target} nicht. Was bedeutet das?"],
  },
  answer: {
    en: [
      "{target} stands for {source} in the original.",
      "It means {source}: {target} is {language}.",
      "{target} is the translation of {source}.",
    ],
    zh: ["{target}对应原文的{source}。", "它的意思是{source}，{target}是{language}。", "{target}是{source}的译文。"],
    de: [
      "{target} steht für {source} im Original.",
      "Es bedeutet {source}: {target} ist {language}.",
      "{target} ist die Übersetzung von {source}.",
    ],
  },
};

function strictTerms({ state, current, lexicon }: MoveContext): readonly MinedTerm[] {
  return mineTerms(state.source, state.from, current, lexicon, { leastStrictness: 0.4 }).filter(
    ({ source, target }) => occurrences(state.source, source) === 1 && occurrences(current, target) === 1,
  );
}

function fill(text: string, slots: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (slot, name: string) => slots[name] ?? slot);
}

/** Questions about a word whose translation is beyond doubt. */
export const askMoves: MoveFinder = (context) => {
  const { language, random, state } = context;
  return strictTerms(context).flatMap(({ source, target }) => {
    const slots = {
      source: quoted(source, language),
      target: quoted(target, language),
      language: languageName(state.to, language),
    };
    return [whichWord, whatMeans].map(
      ({ question, answer }): Move => ({
        act: ask(fill(random.pick(question[language]), slots)),
        reply: fill(random.pick(answer[language]), slots),
        ...{ derivation: composed("aligned-word"), origins: [], mentions: [source, target] },
      }),
    );
  });
};

const reasons: Readonly<Record<InstructionLanguage, readonly string[]>> = {
  en: [
    "{target} is the usual translation of {source}.{others}",
    "The original has {source}, and {target} is what is mostly said for it.{others}",
    "I chose {target} because it is the most common rendering of {source}.{others}",
  ],
  zh: [
    "{target}是{source}的常用译法。{others}",
    "原文是{source}，一般都译成{target}。{others}",
    "我选择{target}，因为这是{source}最常见的译法。{others}",
  ],
  de: [
    "{target} ist die übliche Übersetzung von {source}.{others}",
    "Im Original steht {source}, und dafür sagt man meistens {target}.{others}",
    "Ich habe {target} gewählt, weil {source} am häufigsten so übersetzt wird.{others}",
  ],
};

const otherWays: Readonly<Record<InstructionLanguage, string>> = {
  en: " Another possibility would be {other}.",
  zh: "另一种译法是{other}。",
  de: " Eine andere Möglichkeit wäre {other}.",
};

/** Why a word stands there: it is what the lexicon has for it more often than anything else. */
export const explainMoves: MoveFinder = (context) => {
  const { language, random, state, lexicon, index } = context;
  return strictTerms(context).flatMap(({ source, target }): Move[] => {
    const translations = lexicon.translations(source, state.from);
    const [best] = translations;
    if (best === undefined || best.word !== target.toLowerCase() || best.count < 5 || best.share < 0.3) return [];
    const other = index
      .exchanges(target, state.to)
      .find((word) => translations.some((known) => known.word === word.toLowerCase() && known.count > 1));
    const says = other === undefined ? "" : fill(otherWays[language], { other: quoted(other, language) });
    const slots = { source: quoted(source, language), target: quoted(target, language), others: says };
    return [
      {
        act: explain(random.below(2) === 0 ? target : source),
        reply: fill(random.pick(reasons[language]), slots),
        ...{ derivation: composed("usual-translation"), origins: [], mentions: [source, target] },
      },
    ];
  });
};
