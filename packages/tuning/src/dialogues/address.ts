/** Whom a text speaks to, by its pronouns: one friend, several friends, politely, several of these, or nobody. */
export type Address = "one" | "several" | "formal" | "mixed" | "none";

const german: readonly (readonly [Address, RegExp])[] = [
  ["one", /(?<!\p{L})(?:du|dich|dir|dein(?:e[mnrs]?)?)(?!\p{L})/iu],
  [
    "several",
    /(?<!\p{L})(?:euch|euer|eure[mnrs]?)(?!\p{L})|(?<=\p{L}(?:t|et)\s)ihr(?!\p{L})|(?<!\p{L})ihr(?=\s\p{L}*t(?!\p{L}))/iu,
  ],
  ["formal", /(?<=[\p{Ll}\p{N},;]\s+["„»(]?)(?:Sie|Ihnen|Ihr(?:e[mnrs]?)?)(?!\p{L})/u],
];

const chinese: readonly (readonly [Address, RegExp])[] = [
  ["several", /你们|妳们|您们/u],
  ["one", /[你妳](?!们)/u],
  ["formal", /您(?!们)/u],
];

export function addressOf(text: string, language: string): Address {
  const kinds = language.startsWith("de") ? german : language.startsWith("zh") ? chinese : [];
  const found = kinds.filter(([, pattern]) => pattern.test(text)).map(([kind]) => kind);
  return found.length === 0 ? "none" : found.length === 1 ? found[0]! : "mixed";
}

const persons =
  /(?<!\p{L})(?:he|she|they|him|her|them|his|their|er|sie|ihn|ihm|ihr|ihnen|seine?\p{L}{0,2}|ihre\p{L}{0,1})(?!\p{L})|[他她它]们?/giu;
const determiners = /(?<!\p{L})(?:this|that|these|those)(?!\p{L})|[这那]些?/giu;

/** What tells two translations of a text that mean the same from two that do not: whom they speak to and about. */
export function personsOf(text: string, language: string): string {
  const words = [...text.matchAll(persons), ...text.matchAll(determiners)].map(([word]) => word.toLowerCase());
  return `${addressOf(text, language)} ${[...new Set(words)].sort().join(" ")}`;
}
