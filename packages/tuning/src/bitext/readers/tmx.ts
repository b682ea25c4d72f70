import { parseLanguage } from "@bayling/core/interaction";
import type { TmxInput } from "../bitext-input.ts";
import type { SentencePair } from "../sentence-pair.ts";
import type { OpenSourceFile, PairDefaults, SourceFile } from "../source-file.ts";
import { TmxParser, type TranslationUnit } from "./tmx-parser.ts";

/**
 * Reads pairs from the units of a translation memory.
 * @throws BayLingError `bitext-invalid` where the XML is broken so that it cannot be told what belongs together, with
 * file and line, after all the pairs before it
 */
export async function* readTmx(
  input: TmxInput,
  defaults: PairDefaults,
  open: OpenSourceFile,
): AsyncGenerator<SentencePair> {
  const file = open(input.file);
  const parser = new TmxParser(input.file, (line, detail) => file.problem("entity", line, detail));
  let decoder: TextDecoder | undefined;
  for await (const chunk of file.bytes()) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    for (const unit of parser.write(decoder.decode(chunk, { stream: true }))) yield* pairsOf(unit, defaults, file);
    file.report.lines = parser.line;
  }
  for (const unit of parser.end(decoder?.decode() ?? "")) yield* pairsOf(unit, defaults, file);
}

/** By the byte order mark, or else by the zeros around the first `<`, which old tools leave without one. */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return "utf-16be";
  return "utf-8";
}

function* pairsOf(unit: TranslationUnit, defaults: PairDefaults, file: SourceFile): Generator<SentencePair> {
  const { corpus, license, sourceLanguage, targetLanguage } = defaults;
  const sources = variantsIn(unit, sourceLanguage);
  const targets = variantsIn(unit, targetLanguage);
  if (sources.length === 0 || targets.length === 0) {
    const has = unit.variants.map(({ language }) => language).join(", ");
    file.problem("language", unit.line, `${sources.length === 0 ? sourceLanguage : targetLanguage} is not in ${has}`);
  }
  for (const source of sources) {
    for (const target of targets) {
      if (source.text.includes("\ufffd") || target.text.includes("\ufffd")) {
        file.problem("encoding", unit.line, source.text);
        continue;
      }
      const origin = { corpus, license, file: file.name, line: unit.line };
      yield {
        ...{ source: source.text, target: target.text },
        ...{ sourceLanguage: source.language, targetLanguage: target.language },
        origin: unit.id === undefined ? origin : { ...origin, id: unit.id },
      };
    }
  }
}

/**
 * The variants of a unit in a language, tagged with it: those in the very language, or else those in another script or
 * region of it. Of the two Chinese scripts the tag of the file is kept.
 */
function variantsIn(unit: TranslationUnit, language: string): readonly { text: string; language: string }[] {
  const tagged = unit.variants.map(({ language: tag, text }) => ({ text, tag: canonical(tag) }));
  const exact = tagged.filter(({ tag }) => tag === language);
  if (exact.length > 0) return exact.map(({ text }) => ({ text, language }));
  const base = baseOf(language);
  const isChinese = base === "zh";
  return tagged
    .filter(({ tag }) => tag !== undefined && baseOf(tag) === base)
    .map(({ text, tag }) => ({ text, language: isChinese ? tag! : language }));
}

const canonicalTags = new Map<string, string | undefined>();

function canonical(tag: string): string | undefined {
  if (!canonicalTags.has(tag)) {
    // A file can name anything; a million names are not worth remembering.
    if (canonicalTags.size > 1000) canonicalTags.clear();
    try {
      canonicalTags.set(tag, parseLanguage(tag));
    } catch {
      canonicalTags.set(tag, undefined);
    }
  }
  return canonicalTags.get(tag);
}

function baseOf(tag: string): string {
  return tag.split("-", 1)[0]!;
}
