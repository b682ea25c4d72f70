import type { Act, SayContext } from "../act.ts";
import { type ActType, defineAct } from "../define-act.ts";
import { languageName } from "../language.ts";
import { type Phrasings, phrase } from "../phrasing.ts";
import { checkTranslation } from "../reply-checks.ts";
import { checkFormats } from "../verifiers/formats.ts";

export interface SetFormatsData {
  /** BCP-47, with the region where it matters: `de-AT`, `en-US`. */
  readonly locale: string;
}

const phrasings: Phrasings = {
  en: [
    "Write numbers and dates as is usual in {locale}, for example {number}.",
    "Please use the number and date formats of {locale}.",
    "Adapt the numbers and dates to the conventions of {locale}.",
    "Numbers and dates should follow {locale} conventions (for instance {number}).",
    "The readers use {locale} formats for numbers and dates; please do the same.",
    "Change numbers and dates to what {locale} readers expect.",
  ],
  zh: [
    "数字和日期请用{locale}的习惯写法，例如{number}。",
    "请采用{locale}的数字和日期格式。",
    "请把数字和日期改成{locale}的格式。",
    "数字和日期要符合{locale}的书写规范（例如{number}）。",
    "读者习惯{locale}的数字和日期格式，请照此书写。",
    "数字和日期请按{locale}读者的习惯来写。",
  ],
  de: [
    "Schreib Zahlen und Datumsangaben so, wie es für {locale} üblich ist, zum Beispiel {number}.",
    "Verwende bitte die Zahlen- und Datumsformate für {locale}.",
    "Passe Zahlen und Datumsangaben an die Regeln für {locale} an.",
    "Zahlen und Datumsangaben sollen den Regeln für {locale} folgen (etwa {number}).",
    "Die Leser sind Zahlen und Datumsangaben für {locale} gewohnt; schreib sie bitte so.",
    "Stell Zahlen und Datumsangaben auf {locale} um.",
  ],
};

/** What fills the slots of a phrasing about a locale. */
export function formatSlots(locale: string, { language }: SayContext): { locale: string; number: string } {
  const number = new Intl.NumberFormat(locale, { numberingSystem: "latn", useGrouping: true }).format(12345.67);
  return { locale: languageName(locale, language), number };
}

export const setFormatsType: ActType<SetFormatsData> = defineAct<SetFormatsData>({
  kind: "set-formats",
  replies: "translation",
  read: (fields) => ({ locale: fields.locale("locale") }),
  say: ({ locale }, context) => phrase(phrasings, context, formatSlots(locale, context)),
  apply: ({ locale }, state) => ({ ...state, formats: locale }),
  verify: ({ locale }, reply, context) =>
    checkTranslation(reply, context, phrasings, (translation) => checkFormats(translation, locale)),
});

/** Asks for the numbers and dates of a locale. @throws BayLingError `argument-invalid`, `language-unknown` */
export function setFormats(locale: string): Act<SetFormatsData> {
  return setFormatsType.create({ locale });
}
