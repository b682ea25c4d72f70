import { type InstructionLanguage, keepUntranslated, release, revise, translate } from "@bayling/core/interaction";
import { addressOf } from "../address.ts";
import { editedMove, type Move, type MoveContext, type MoveFinder, referenceMove } from "../move.ts";
import { knownNames, nameIn } from "../names.ts";
import { occurrences } from "../text-words.ts";

/** Ways to say the same, by the language of the instruction. */
type Requests = Readonly<Record<InstructionLanguage, readonly string[]>>;

const severalPeople: Requests = {
  en: [
    "Address several people, not just one.",
    "It is said to a group. Use the plural.",
    "More than one person is spoken to here.",
  ],
  zh: ["这话是对几个人说的，不是对一个人。", "对方不止一个人，请用复数。", "请改成对多人说的话。"],
  de: [
    "Sprich mehrere Personen an, nicht nur eine.",
    "Das sagt man zu einer Gruppe. Nimm den Plural.",
    "Hier werden mehrere angesprochen.",
  ],
};

const onePerson: Requests = {
  en: [
    "Address a single person.",
    "It is said to one person only. Use the singular.",
    "Only one person is spoken to here.",
  ],
  zh: ["这话只是对一个人说的。", "对方只有一个人，请用单数。", "请改成对一个人说的话。"],
  de: [
    "Sprich nur eine Person an.",
    "Das sagt man zu einem Einzelnen. Nimm den Singular.",
    "Hier wird nur eine Person angesprochen.",
  ],
};

const noContractions: Requests = {
  en: ["Write it without contractions.", "Spell out the contractions.", "No short forms such as “don't”, please."],
  zh: ["不要用缩写形式。", "请把缩写写完整。", "请不要用“don't”这类缩略形式。"],
  de: ["Verwende keine Kurzformen.", "Schreib die Kurzformen aus.", "Bitte ohne Kurzformen wie „don't“."],
};

const goBack: Requests = {
  en: ["Undo the last change.", "Go back to the version before.", "Take the earlier version again."],
  zh: ["撤销刚才的修改。", "请恢复到上一个版本。", "请用回前一个译文。"],
  de: ["Mach die letzte Änderung rückgängig.", "Geh zur vorigen Fassung zurück.", "Nimm wieder die frühere Fassung."],
};

/** From singular to plural "you", or back, where another translation has that. */
function numberOfPeople({ state, current, others, language, random }: MoveContext): Move[] {
  const address = addressOf(current, state.to);
  if (address !== "one" && address !== "several") return [];
  const [wanted, requests] = address === "one" ? (["several", severalPeople] as const) : (["one", onePerson] as const);
  return others
    .filter(({ text }) => addressOf(text, state.to) === wanted)
    .slice(0, 1)
    .map((other) => referenceMove(revise(random.pick(requests[language])), other, "number-of-people"));
}

/** Contractions that stand for one thing only. In a question "don't you" has another order. */
const contractions: readonly (readonly [RegExp, string])[] = [
  [/\bI['’]m\b/gu, "I am"],
  [/\b(You|you|We|we|They|they)['’]re\b/gu, "$1 are"],
  [/\b(I|You|you|We|we|They|they)['’]ve\b/gu, "$1 have"],
  [/\b(I|You|you|He|he|She|she|It|it|We|we|They|they)['’]ll\b/gu, "$1 will"],
  [/\b(C|c)an['’]t\b/gu, "$1annot"],
  [/\b(W|w)on['’]t\b/gu, "$1ill not"],
  [
    /\b([Dd]o|[Dd]oes|[Dd]id|[Ii]s|[Aa]re|[Ww]as|[Ww]ere|[Hh]as|[Hh]ave|[Hh]ad|[Cc]ould|[Ww]ould|[Ss]hould|[Mm]ust)n['’]t\b/gu,
    "$1 not",
  ],
];

function withoutContractions({ state, current, language, random }: MoveContext): Move[] {
  if (!state.to.startsWith("en") || /\?/u.test(current)) return [];
  const reply = contractions.reduce((text, [pattern, by]) => text.replace(pattern, by), current);
  if (
    reply === current ||
    /['’](?:s|d|t|re|ve|ll)\b/u.test(reply) ||
    /^(?:Do|Is|Are|Was|Have|Has) not\b(?= (?:you|we|he|she|they|it)\b)/u.test(reply)
  )
    return [];
  const rendered = random.pick(noContractions[language]);
  return [editedMove(revise(rendered), reply, "contractions", true)];
}

/** Requests in a person's own words. */
export const reviseMoves: MoveFinder = (context) => [...numberOfPeople(context), ...withoutContractions(context)];

/** "Undo the last change." */
export const undoMoves: MoveFinder = ({ history, language, random, state, current }) => {
  const last = history.at(-1);
  const earlier = last?.before.translation;
  if (last?.act.replies !== "translation" || earlier === undefined || earlier === current) return [];
  // Who has just taken a request back would go round in circles.
  if (last.act.kind === "release") return [];
  if (last.before.source !== state.source || last.before.to !== state.to) return [];
  const derivation = { kind: "carried", rule: "undo", isMechanical: false } as const;
  return [{ act: revise(random.pick(goBack[language])), reply: earlier, derivation, origins: [] }];
};

/** "Forget what I said about the length": the translation is again what it was before. */
export const releaseMoves: MoveFinder = ({ history, current, state }) => {
  const last = history.at(-1);
  const earlier = last?.before.translation;
  if (last === undefined || earlier === undefined || earlier === current || last.before.to !== state.to) return [];
  const { act } = last;
  const rule = {
    "set-length": "length",
    shorten: "length",
    lengthen: "length",
    "set-register": "register",
    "keep-prefix": "prefix",
  }[act.kind] as "length" | "register" | "prefix" | undefined;
  const derivation = { kind: "carried", rule: "release", isMechanical: false } as const;
  const move = (what: Parameters<typeof release>[0]): Move => ({
    act: release(what),
    reply: earlier,
    derivation,
    origins: [],
  });
  if (rule !== undefined && state[rule] !== undefined) return [move({ rules: [rule] })];
  if (act.kind === "glossary") return [move({ rules: ["glossary"] })];
  const terms = (act.data as { terms?: readonly ({ forms: readonly string[] } | string)[] }).terms;
  if ((act.kind !== "include-terms" && act.kind !== "forbid-terms") || terms === undefined) return [];
  return [move({ terms: terms.map((term) => (typeof term === "string" ? term : term.forms[0]!)) })];
};

/** "Leave “Tom” untranslated": 汤姆 becomes Tom. */
export const keepUntranslatedMoves: MoveFinder = ({ state, current }) =>
  state.from.startsWith("zh")
    ? []
    : knownNames.flatMap((name) => {
        const [given, translated] = [nameIn(name, state.from), nameIn(name, state.to)];
        if (given === undefined || translated === undefined || given === translated) return [];
        if (!new RegExp(`(?<!\\p{L})${given}(?!\\p{L})`, "u").test(state.source)) return [];
        if (occurrences(current, translated) === 0 || new RegExp(`${translated}s(?!\\p{L})`, "u").test(current))
          return [];
        const reply = current.replaceAll(translated, given);
        return [editedMove(keepUntranslated([given]), reply, "name-kept", true)];
      });

/** The same sentence about somebody else, or with another number, in both languages. */
export function variants(
  source: string,
  target: string,
  from: string,
  to: string,
  pick: (limit: number) => number,
): readonly (readonly [string, string, string])[] {
  const found: (readonly [string, string, string])[] = [];
  for (const name of knownNames) {
    const [own, far] = [nameIn(name, from), nameIn(name, to)];
    if (own === undefined || far === undefined || !standsOnce(source, own) || !standsOnce(target, far)) continue;
    const others = knownNames.filter((other) => other.kind === name.kind && other !== name);
    const other = others[pick(others.length)]!;
    const [newOwn, newFar] = [nameIn(other, from)!, nameIn(other, to)!];
    if (source.includes(newOwn) || target.includes(newFar)) continue;
    // A German genitive of a name in s has an apostrophe.
    if (/s$/u.test(newFar) && target.includes(`${far}s`)) continue;
    if (/s$/u.test(newOwn) && source.includes(`${own}s`)) continue;
    found.push([source.replace(own, newOwn), target.replace(far, newFar), "name-swap"]);
  }
  const [number, ...more] =
    source.match(/(?<![\p{L}\p{N}.,:/-])\d{2,4}(?![\p{L}\p{N}:/-]|[.,]\p{N}|\.\s*\p{Ll})/gu) ?? [];
  if (
    number === undefined ||
    more.length > 0 ||
    occurrences(target, number) !== 1 ||
    (target.match(/\d+/gu) ?? []).length !== 1
  )
    return found;
  if (/\d+\.\s|\d+(?:st|nd|rd|th)\b/u.test(`${source} ${target}`)) return found;
  const value = Number(number);
  const isYear = value > 1500 && value < 2100;
  const other = isYear ? value - 1 - pick(20) : value + 1 + pick(Math.max(3, Math.floor(value / 3)));
  if (String(other).length !== number.length) return found;
  found.push([source.replace(number, String(other)), target.replace(number, String(other)), "number-swap"]);
  return found;
}

function standsOnce(text: string, name: string): boolean {
  if (text.split(name).length !== 2) return false;
  return /\p{Script=Han}/u.test(name) || new RegExp(`(?<!\\p{L})${name}(?:s?(?!\\p{L})|['’]s)`, "u").test(text);
}

/** "Translate this too: …", a sentence of the same build. */
export const translateMoves: MoveFinder = ({ state, current, random, history }) => {
  if (history.filter(({ act }) => act.kind === "translate").length > 1) return [];
  // How long a text may be and how it begins was said of the one before.
  if (state.length !== undefined || state.prefix !== undefined) return [];
  return variants(state.source, current, state.from, state.to, (limit) => random.below(limit)).map(
    ([source, target, rule]) => editedMove(translate(source), target, rule, true),
  );
};
