import type { Act, SayContext, Verdict, VerifyContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { quote } from "../quote.ts";
import { checkText } from "../reply-checks.ts";
import { fail, unknown } from "../verdict.ts";
import { foldCase, loose } from "../verifiers/term-search.ts";

export interface AlternativesData {
  /** Default 3. */
  readonly count: number;
  /** The part that alternatives are wanted for. Default: the whole translation. */
  readonly text?: string | undefined;
}

const whole: Phrasings = {
  en: [
    "Give me {count} other translations, one on each line.",
    "Please list {count} alternative translations, each on its own line.",
    "How else could it be translated? Give {count} options, one a line.",
    "Show me {count} different ways to translate it, line by line.",
    "I would like to choose from {count} other translations. One a line, please.",
    "Which {count} other translations are there? List them line by line.",
  ],
  zh: [
    "请再给出{count}种译法，每行一种。",
    "请列出{count}个不同的译文，每行一个。",
    "还可以怎么翻译？请给出{count}个选择，每行一个。",
    "请用{count}种不同的方式翻译，逐行列出。",
    "我想从另外{count}种译文里选，请每行写一种。",
    "还有哪{count}种译法？请逐行列出。",
  ],
  de: [
    "Gib mir {count} andere Übersetzungen, jede in einer eigenen Zeile.",
    "Liste bitte {count} alternative Übersetzungen auf, eine pro Zeile.",
    "Wie könnte man es noch übersetzen? Nenne {count} Möglichkeiten, eine pro Zeile.",
    "Zeig mir {count} verschiedene Arten, es zu übersetzen, Zeile für Zeile.",
    "Ich möchte zwischen {count} anderen Übersetzungen wählen. Bitte eine pro Zeile.",
    "Welche {count} anderen Übersetzungen gibt es? Liste sie Zeile für Zeile auf.",
  ],
};

const part: Phrasings = {
  en: [
    "Give me {count} alternatives for {text}, one on each line.",
    "Please list {count} other ways to say {text}, each on its own line.",
    "What else could stand in place of {text}? Give {count} options, one a line.",
    "Show me {count} different wordings for {text}, line by line.",
    "What are {count} other words for {text}? One a line, please.",
    "I would like to choose from {count} wordings in place of {text}, line by line.",
  ],
  zh: [
    "请给出{text}的{count}种其他说法，每行一种。",
    "请列出{count}个可以代替{text}的表达，每行一个。",
    "{text}还可以怎么说？请给出{count}个选择，每行一个。",
    "请用{count}种不同的方式表达{text}，逐行列出。",
    "{text}还有哪{count}种说法？每行一种。",
    "我想从{count}种说法里选一个来代替{text}，请逐行列出。",
  ],
  de: [
    "Gib mir {count} Alternativen für {text}, jede in einer eigenen Zeile.",
    "Liste bitte {count} andere Ausdrücke für {text} auf, einen pro Zeile.",
    "Was könnte anstelle von {text} stehen? Nenne {count} Möglichkeiten, eine pro Zeile.",
    "Zeig mir {count} verschiedene Formulierungen für {text}, Zeile für Zeile.",
    "Welche {count} anderen Wörter gibt es für {text}? Bitte eines pro Zeile.",
    "Ich möchte statt {text} zwischen {count} Formulierungen wählen, Zeile für Zeile.",
  ],
};

/** One alternative is a list of one, which the phrasings for several do not say well. */
const one: Readonly<Record<"whole" | "part", Phrasings>> = {
  whole: {
    en: [
      "Give me one other translation.",
      "Please give me an alternative translation.",
      "How else could it be translated? One option is enough.",
      "Show me a different way to translate it.",
      "Is there another translation?",
      "What would another translation be?",
    ],
    zh: [
      "请再给出一种译法。",
      "请给我另一个译文。",
      "还可以怎么翻译？给出一个选择就行。",
      "请换一种方式翻译。",
      "有没有别的译法？",
      "另一种译法是什么？",
    ],
    de: [
      "Gib mir eine andere Übersetzung.",
      "Nenne mir bitte eine alternative Übersetzung.",
      "Wie könnte man es noch übersetzen? Eine Möglichkeit genügt.",
      "Zeig mir eine andere Art, es zu übersetzen.",
      "Gibt es noch eine andere Übersetzung?",
      "Wie lautet eine andere Übersetzung?",
    ],
  },
  part: {
    en: [
      "Give me one alternative for {text}.",
      "Please tell me another way to say {text}.",
      "What else could stand in place of {text}? One option is enough.",
      "Show me a different wording for {text}.",
      "Is there another word for {text}?",
      "What could I say instead of {text}?",
    ],
    zh: [
      "请给出{text}的另一种说法。",
      "请告诉我一个可以代替{text}的表达。",
      "{text}还可以怎么说？给出一个选择就行。",
      "请换一种方式表达{text}。",
      "{text}有没有别的说法？",
      "不用{text}的话可以怎么说？",
    ],
    de: [
      "Gib mir eine Alternative für {text}.",
      "Nenne mir bitte einen anderen Ausdruck für {text}.",
      "Was könnte anstelle von {text} stehen? Eine Möglichkeit genügt.",
      "Zeig mir eine andere Formulierung für {text}.",
      "Gibt es ein anderes Wort für {text}?",
      "Was könnte ich statt {text} sagen?",
    ],
  },
};

function sayAlternatives({ count, text }: AlternativesData, context: SayContext): string {
  const phrasings = count === 1 ? one[text === undefined ? "whole" : "part"] : text === undefined ? whole : part;
  return phrase(phrasings, context, { count, text: text === undefined ? "" : quote(text, context.language) });
}

/** The items of a reply, a line each, without numbers and bullets. */
export function readAlternatives(reply: string): readonly string[] {
  return reply
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*(?:[-*•–]|\(?\d{1,3}[.)、．：:]|\(\d{1,3}\)|[①-⑳])\s*/u, "").trim())
    .filter((line) => line !== "");
}

function checkAlternatives(reply: string, { count, text }: AlternativesData, context: VerifyContext): Verdict {
  const sound = checkText(reply, context, "whether the alternatives are right cannot be decided");
  if (sound.outcome === "fail") return sound;
  const items = readAlternatives(reply).map((item) => foldCase(loose(item)));
  const different = new Set(items);
  if (different.size < count) return fail(`it has ${different.size} different lines, ${count} were asked for`);
  if (different.size < items.length) return fail("it lists an alternative twice");
  const known = foldCase(loose(text ?? context.before.translation ?? ""));
  if (different.has(known)) return fail("it lists as an alternative what is there already");
  if (items.length > count) return unknown(`it has ${items.length} lines, ${count} were asked for`);
  return sound;
}

export const alternativesType: ActType<AlternativesData> = defineAct<AlternativesData>({
  kind: "alternatives",
  replies: "text",
  read: (fields) => {
    const count = fields.optionalCount("count") ?? 3;
    if (count > 100) fields.refuse("count", "an integer from 1 to 100", count);
    return { count, text: fields.optionalText("text") };
  },
  say: sayAlternatives,
  verify: (data, reply, context) => checkAlternatives(reply, data, context),
});

/** Asks for other translations, of the whole or of a part, a line each. @throws BayLingError `argument-invalid` */
export function alternatives(count = 3, text?: string): Act<AlternativesData> {
  return alternativesType.create({ count, text });
}
