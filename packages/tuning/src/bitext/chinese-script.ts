import { detectLanguage } from "@bayling/core/interaction";
import type { SentencePair } from "./sentence-pair.ts";

/** The tags of the two Chinese scripts. */
export type ChineseScript = "zh-Hans" | "zh-Hant";

/**
 * What becomes of Chinese: all of it in one script; all in the script that its pair is tagged with (`as-tagged`); or all as
 * it is, tagged with the script that it shows (`detect`).
 */
export type ChineseHandling = ChineseScript | "as-tagged" | "detect";

type Converter = (text: string) => string;

/**
 * Brings the Chinese of a pair into a script, by OpenCC's dictionaries of characters and phrases; traditional Chinese as
 * Taiwan writes it. Words stay, only their characters change.
 */
export class ChineseScripts {
  readonly #handling: ChineseHandling;
  readonly #converted: Record<string, number>;
  readonly #converters = new Map<ChineseScript, Converter>();

  /** @param converted how many texts were changed, by tag; is added to */
  constructor(handling: ChineseHandling, converted: Record<string, number>) {
    this.#handling = handling;
    this.#converted = converted;
  }

  /** What a pair needs to be loaded, or undefined: dictionaries are large, and one is seldom needed. */
  load(pair: SentencePair): Promise<void> | undefined {
    for (const language of [pair.sourceLanguage, pair.targetLanguage]) {
      const script = this.#scriptFor(language);
      if (script !== undefined && !this.#converters.has(script)) {
        return loadConverter(script).then((converter) => void this.#converters.set(script, converter));
      }
    }
    return undefined;
  }

  /** To be called once what the pair needs is loaded. */
  apply(pair: SentencePair): SentencePair {
    const { source, target, sourceLanguage, targetLanguage } = pair;
    if (!isChinese(sourceLanguage) && !isChinese(targetLanguage)) return pair;
    const [from, to] = [this.#write(source, sourceLanguage), this.#write(target, targetLanguage)];
    return { ...pair, source: from.text, sourceLanguage: from.tag, target: to.text, targetLanguage: to.tag };
  }

  #scriptFor(language: string): ChineseScript | undefined {
    if (!isChinese(language) || this.#handling === "detect") return undefined;
    return this.#handling === "as-tagged" ? language : this.#handling;
  }

  #write(text: string, language: string): { readonly text: string; readonly tag: string } {
    if (!isChinese(language)) return { text, tag: language };
    const script = this.#scriptFor(language);
    if (script === undefined) {
      const found = detectLanguage(text);
      return { text, tag: found !== undefined && isChinese(found) ? found : language };
    }
    // Traditional Chinese has characters that simplified Chinese would write for others: 里, 后, 干.
    if (script === "zh-Hant" && detectLanguage(text) === script) return { text, tag: script };
    const converted = this.#converters.get(script)!(text);
    if (converted !== text) this.#converted[script] = (this.#converted[script] ?? 0) + 1;
    return { text: converted, tag: script };
  }
}

function isChinese(language: string): language is ChineseScript {
  return language === "zh-Hans" || language === "zh-Hant";
}

const loaded = new Map<ChineseScript, Promise<Converter>>();

/** A converter into a script, the same one for all who ask: its dictionaries are large. */
export function loadConverter(script: ChineseScript): Promise<Converter> {
  let converter = loaded.get(script);
  if (converter === undefined) {
    converter = script === "zh-Hant" ? loadToTraditional() : loadToSimplified();
    loaded.set(script, converter);
  }
  return converter;
}

async function loadToTraditional(): Promise<Converter> {
  const { Converter } = await import("opencc-js/cn2t");
  return Converter({ from: "cn", to: "tw" });
}

async function loadToSimplified(): Promise<Converter> {
  const { Converter, Locale } = await import("opencc-js/t2cn");
  // Of OpenCC's standards of traditional Chinese only Taiwan's knows that 著 is 着 behind a verb. But it takes the 么 of
  // text that is simplified already for another character.
  const convert = Converter({ from: "tw", to: "cn" });
  const mayChange = createChangeTest(Locale.configs.tw2s!);
  return (text) => {
    if (!mayChange(text)) return text;
    return text.includes("么") ? convert(text).replaceAll("幺", "么") : convert(text);
  };
}

/**
 * Whether dictionaries can change anything of a text: not if it has none of the characters of which each of their entries
 * changes one. That is so of nine in ten sentences that are simplified already, and takes no memory to find out.
 */
function createChangeTest(dictionaries: object): (text: string) => boolean {
  const changing = new Uint8Array(0x10000);
  changing.fill(1, 0xd800, 0xe000);
  for (const dictionary of Object.values(dictionaries).flat(2) as readonly string[]) {
    for (const entry of dictionary.split("|")) {
      const [from = "", to = ""] = entry.split(" ");
      if (from === to) continue;
      let index = 0;
      while (index < from.length - 1 && from[index] === to[index]) index++;
      changing[from.charCodeAt(index)] = 1;
    }
  }
  return (text) => {
    for (let index = 0; index < text.length; index++) if (changing[text.charCodeAt(index)] === 1) return true;
    return false;
  };
}
