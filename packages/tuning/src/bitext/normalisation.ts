import sax from "sax";

export interface NormalisationOptions {
  /** Named and numeric references of HTML become what they stand for, once. Default: no, few corpora have them. */
  readonly htmlEntities?: boolean | undefined;
  /** Composed characters, Unicode's form C. Default: yes. */
  readonly unicode?: boolean | undefined;
  /**
   * Control characters, soft hyphens and characters of no width go. Those that join or direct letters stay where the
   * script or an emoji needs them. Default: yes.
   */
  readonly invisible?: boolean | undefined;
  /** Any white space becomes one space, and none at the ends. Default: yes. */
  readonly whiteSpace?: boolean | undefined;
  /** Quotation marks of all kinds become `"` and `'`. Default: no. */
  readonly quotes?: boolean | undefined;
}

export type NormalisationSettings = Readonly<Record<keyof NormalisationOptions, boolean>>;

export function normalisationSettings(options: NormalisationOptions): NormalisationSettings {
  const { htmlEntities = false, unicode = true, invisible = true, whiteSpace = true, quotes = false } = options;
  return { htmlEntities, unicode, invisible, whiteSpace, quotes };
}

const steps: readonly (readonly [keyof NormalisationSettings, (text: string) => string])[] = [
  ["htmlEntities", decodeEntities],
  ["unicode", (text) => text.normalize("NFC")],
  ["invisible", removeInvisible],
  ["whiteSpace", (text) => text.replace(/\s+/g, " ").trim()],
  ["quotes", straightenQuotes],
];

/** A function that applies the chosen steps in their order. @param counts how many texts each step has changed */
export function createNormaliser(
  settings: NormalisationSettings,
  counts: Record<string, number> = {},
): (text: string) => string {
  const chosen = steps.filter(([name]) => settings[name]);
  for (const [name] of chosen) counts[name] ??= 0;
  return (text) => {
    let now = text;
    for (const [name, step] of chosen) {
      const next = step(now);
      if (next !== now) counts[name]!++;
      now = next;
    }
    return now;
  };
}

/** HTML 4's names, which come with the XML parser; its types do not know of them. */
const entities = (sax as unknown as { readonly ENTITIES: Readonly<Record<string, string | number>> }).ENTITIES;

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z][A-Za-z\d]{1,30}));/g, (whole, ...groups) => {
    const [decimal, hexadecimal, name] = groups as (string | undefined)[];
    if (name === undefined) return characterOf(Number.parseInt(decimal ?? hexadecimal!, decimal ? 10 : 16)) ?? whole;
    const entity = Object.hasOwn(entities, name) ? entities[name] : undefined;
    return typeof entity === "number" ? String.fromCharCode(entity) : (entity ?? whole);
  });
}

/** Undefined for what is no character of a text. */
function characterOf(code: number): string | undefined {
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const invisible = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u180e\u200b\u2060\ufeff\ufff9-\ufffb]/g;
const bidirectional = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Joiners between letters of scripts that join none, or at no letter at all. */
const joiner =
  /(?<!\p{M}|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Mongolian})[\u200c\u200d]/gu;

function removeInvisible(text: string): string {
  let rest = text.replace(invisible, "");
  if (/[\u061c\u200c-\u200f\u202a-\u202e\u2066-\u2069]/.test(rest)) {
    rest = rest.replace(joiner, "");
    if (!rightToLeft.test(rest)) rest = rest.replace(bidirectional, "");
  }
  return rest;
}

function straightenQuotes(text: string): string {
  return text
    .replace(/[\u201c-\u201f\u00ab\u00bb\u301d-\u301f\uff02]/g, '"')
    .replace(/[\u2018-\u201b\u2039\u203a\uff07]/g, "'");
}
