import { parseLanguage } from "@bayling/core/interaction";
import type { TatoebaLinksInput } from "../bitext-input.ts";
import type { SentencePair } from "../sentence-pair.ts";
import type { OpenSourceFile, PairDefaults } from "../source-file.ts";
import { SentenceStore } from "./sentence-store.ts";

/**
 * Joins Tatoeba's sentences by its links. Tatoeba does not say which script its Chinese is in: pairs carry the tag that
 * was asked for, and the filters set that right.
 */
export async function* readTatoebaLinks(
  input: TatoebaLinksInput,
  defaults: PairDefaults,
  open: OpenSourceFile,
): AsyncGenerator<SentencePair> {
  const { corpus, license, sourceLanguage, targetLanguage } = defaults;
  const [sources, targets] = [new SentenceStore(), new SentenceStore()];
  const storeOf = createLanguageMap(sourceLanguage, sources, targetLanguage, targets);
  for (const name of [input.sentences].flat()) {
    const file = open(name);
    for await (const { text, number } of file.textLines()) {
      const [id, language, sentence] = text.split("\t");
      if (sentence === undefined || !isId(id!)) file.problem("ragged", number, "expected an id, a language and a text");
      else storeOf(language!)?.add(Number(id), sentence);
    }
  }
  sources.finish();
  targets.finish();
  const file = open(input.links);
  for await (const { text, number } of file.textLines()) {
    const [from = "", to = "", ...others] = text.split("\t");
    if (!isId(from) || !isId(to) || others.length > 0) {
      file.problem("ragged", number, "expected two ids");
      continue;
    }
    const [source, target] = [sources.get(Number(from)), targets.get(Number(to))];
    if (source !== undefined && target !== undefined) {
      const origin = { corpus, license, file: input.links, line: number, id: `${from}-${to}` };
      yield { source, target, sourceLanguage, targetLanguage, origin };
    }
  }
}

function isId(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

/** Tatoeba names languages by ISO 639-3, and some by words of its own, which are no language here. */
function createLanguageMap(
  sourceLanguage: string,
  sources: SentenceStore,
  targetLanguage: string,
  targets: SentenceStore,
): (language: string) => SentenceStore | undefined {
  const known = new Map<string, SentenceStore | undefined>();
  const base = (tag: string) => new Intl.Locale(tag).language;
  return (language) => {
    if (!known.has(language)) {
      let tag: string | undefined;
      try {
        tag = base(parseLanguage(language));
      } catch {
        tag = undefined;
      }
      const store = tag === base(sourceLanguage) ? sources : tag === base(targetLanguage) ? targets : undefined;
      known.set(language, store);
    }
    return known.get(language);
  };
}
