import type { SayContext } from "./act.ts";
import { describeForbidden } from "./acts/forbid-terms.ts";
import { listEntries } from "./acts/glossary.ts";
import { describeTerms } from "./acts/include-terms.ts";
import { prefixText } from "./acts/keep-prefix.ts";
import { describeLength } from "./acts/length-words.ts";
import { formatSlots } from "./acts/set-formats.ts";
import { type Phrasings, phrase } from "./phrasing.ts";
import { quote } from "./quote.ts";
import type { Register, TranslationState } from "./translation-state.ts";
import { contains } from "./verifiers/term-search.ts";

const required: Phrasings = {
  en: [
    "Make sure to include {terms}.",
    "Use {terms} in the translation.",
    "The translation must contain {terms}.",
    "Please include {terms} in your translation.",
  ],
  zh: ["确保包含{terms}。", "译文中要使用{terms}。", "译文必须含有{terms}。", "请在译文中用上{terms}。"],
  de: [
    "Achte darauf, {terms} zu verwenden.",
    "Verwende in der Übersetzung {terms}.",
    "Die Übersetzung muss {terms} enthalten.",
    "Nimm bitte {terms} in die Übersetzung auf.",
  ],
};

const forbidden: Phrasings = {
  en: [
    "Do not use {terms}.",
    "Avoid {terms} in the translation.",
    "The translation must not contain {terms}.",
    "Please do without {terms}.",
  ],
  zh: ["不要使用{terms}。", "译文中避免出现{terms}。", "译文不得含有{terms}。", "请不要用{terms}。"],
  de: [
    "Verwende {terms} nicht.",
    "Vermeide in der Übersetzung {terms}.",
    "Die Übersetzung darf {terms} nicht enthalten.",
    "Komm bitte ohne {terms} aus.",
  ],
};

const glossary: Phrasings = {
  en: [
    "Follow this glossary: {entries}.",
    "Use these translations of terms: {entries}.",
    "Stick to the following terminology: {entries}.",
    "Please translate these terms as given: {entries}.",
  ],
  zh: [
    "请遵守以下术语表：{entries}。",
    "术语请这样翻译：{entries}。",
    "请使用以下术语：{entries}。",
    "以下术语按给定的译法翻译：{entries}。",
  ],
  de: [
    "Halte dich an dieses Glossar: {entries}.",
    "Verwende diese Übersetzungen von Begriffen: {entries}.",
    "Richte dich nach der folgenden Terminologie: {entries}.",
    "Übersetze diese Begriffe bitte wie angegeben: {entries}.",
  ],
};

const lengths: Readonly<Record<"least" | "most" | "both", Phrasings>> = {
  most: {
    en: [
      "Use at most {most}.",
      "Do not go over {most}.",
      "Keep it to {most} or fewer.",
      "No more than {most}, please.",
    ],
    zh: ["最多用{most}。", "不要超过{most}。", "请控制在{most}以内。", "长度不超过{most}。"],
    de: [
      "Verwende höchstens {most}.",
      "Es dürfen nicht mehr als {most} sein.",
      "Schreib bitte höchstens {most}.",
      "Die Übersetzung soll höchstens {most} haben.",
    ],
  },
  least: {
    en: [
      "Use at least {least}.",
      "Do not go below {least}.",
      "Make it {least} or more.",
      "No fewer than {least}, please.",
    ],
    zh: ["至少用{least}。", "不要少于{least}。", "长度请不低于{least}。", "请写至少{least}。"],
    de: [
      "Verwende mindestens {least}.",
      "Es dürfen nicht weniger als {least} sein.",
      "Schreib bitte mindestens {least}.",
      "Die Übersetzung soll mindestens {least} haben.",
    ],
  },
  both: {
    en: [
      "Use at least {least} and at most {most}.",
      "The length should be between {least} and {most}.",
      "No fewer than {least} and no more than {most}, please.",
      "Keep the length between {least} and {most}.",
    ],
    zh: [
      "至少用{least}，最多用{most}。",
      "长度应在{least}到{most}之间。",
      "不少于{least}，不超过{most}。",
      "请把长度控制在{least}到{most}之间。",
    ],
    de: [
      "Verwende mindestens {least} und höchstens {most}.",
      "Es sollen mindestens {least} und höchstens {most} sein.",
      "Bitte nicht weniger als {least} und nicht mehr als {most}.",
      "Die Übersetzung soll mindestens {least} und höchstens {most} haben.",
    ],
  },
};

const registers: Readonly<Record<Register, Phrasings>> = {
  formal: {
    en: [
      "Use a formal register.",
      "Address the reader formally.",
      "Keep the tone formal.",
      "The translation should be formal.",
    ],
    zh: ["请使用正式的语体。", "语气要正式。", "请用正式的称呼。", "译文应当正式。"],
    de: [
      "Verwende eine formelle Sprache.",
      "Sprich die Leser förmlich an.",
      "Halte den Ton förmlich.",
      "Die Übersetzung soll förmlich sein.",
    ],
  },
  informal: {
    en: [
      "Use an informal register.",
      "Address the reader informally.",
      "Keep the tone casual.",
      "The translation should be informal.",
    ],
    zh: ["请使用非正式的语体。", "语气随意一些。", "请像对朋友说话那样翻译。", "译文应当口语化。"],
    de: [
      "Verwende eine informelle Sprache.",
      "Sprich die Leser wie Freunde an.",
      "Halte den Ton locker.",
      "Die Übersetzung soll ungezwungen sein.",
    ],
  },
};

const formats: Phrasings = {
  en: [
    "Write numbers and dates as is usual in {locale}, for example {number}.",
    "Use the number and date formats of {locale}.",
    "Numbers and dates should follow {locale} conventions.",
    "For numbers and dates, follow the conventions of {locale} (for instance {number}).",
  ],
  zh: [
    "数字和日期用{locale}的习惯写法，例如{number}。",
    "采用{locale}的数字和日期格式。",
    "数字和日期要符合{locale}的规范。",
    "数字和日期按{locale}的格式书写（例如{number}）。",
  ],
  de: [
    "Schreib Zahlen und Datumsangaben so, wie es für {locale} üblich ist, zum Beispiel {number}.",
    "Verwende die Zahlen- und Datumsformate für {locale}.",
    "Zahlen und Datumsangaben sollen den Regeln für {locale} folgen.",
    "Richte dich bei Zahlen und Datumsangaben nach den Regeln für {locale} (etwa {number}).",
  ],
};

const prefixes: Phrasings = {
  en: [
    "Begin the translation with {prefix}.",
    "The translation should start with {prefix}.",
    "Start with {prefix} and go on from there.",
    "Let the translation begin with {prefix}.",
  ],
  zh: ["译文请以{prefix}开头。", "译文的开头是{prefix}。", "请从{prefix}开始往下写。", "请让译文以{prefix}起头。"],
  de: [
    "Beginne die Übersetzung mit {prefix}.",
    "Die Übersetzung soll mit {prefix} anfangen.",
    "Fang mit {prefix} an und mach dort weiter.",
    "Lass die Übersetzung mit {prefix} beginnen.",
  ],
};

/**
 * What a state carries as sentences of an instruction, for a first translation or to remind a model of it. Terms that
 * go with a term of the source are named where the source has it.
 */
export function sayRules(state: TranslationState, context: SayContext): readonly string[] {
  const { language } = context;
  const said: string[] = [];
  const inSource = (source: string | undefined) => source === undefined || contains(state.source, source);
  const terms = state.required.filter(({ source }) => inSource(source));
  if (terms.length > 0) said.push(phrase(required, context, { terms: describeTerms(terms, language) }));
  for (const matchCase of [false, true]) {
    const avoided = state.forbidden.filter((entry) => (entry.matchCase ?? false) === matchCase).map(({ term }) => term);
    if (avoided.length === 0) continue;
    said.push(phrase(forbidden, context, { terms: describeForbidden(avoided, language, matchCase) }));
  }
  const entries = state.glossary.filter(({ source }) => inSource(source));
  if (entries.length > 0) said.push(phrase(glossary, context, { entries: listEntries(entries, language) }));
  const { length, register } = state;
  if (length !== undefined && (length.least !== undefined || length.most !== undefined)) {
    const kind = length.least === undefined ? "most" : length.most === undefined ? "least" : "both";
    const [least, most] = [length.least ?? 0, length.most ?? 0].map((count) =>
      describeLength(count, length.unit, language),
    );
    said.push(phrase(lengths[kind], context, { least: least!, most: most! }));
  }
  if (register !== undefined) said.push(phrase(registers[register], context));
  if (state.formats !== undefined) said.push(phrase(formats, context, formatSlots(state.formats, context)));
  const prefix = state.prefix === undefined ? undefined : prefixText(state.prefix);
  if (prefix !== undefined && prefix.trim() !== "") {
    said.push(phrase(prefixes, context, { prefix: quote(prefix, language) }));
  }
  return said;
}
