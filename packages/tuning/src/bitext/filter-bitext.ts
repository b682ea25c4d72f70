import { type BitextReport, count, createBitextReport, shortSample } from "./bitext-report.ts";
import { type ChineseHandling, ChineseScripts } from "./chinese-script.ts";
import { type ContaminationOptions, contaminationFilter } from "./filters/contamination.ts";
import { type CopiedSourceOptions, copiedSourceFilter } from "./filters/copied-source.ts";
import { exactDuplicatesFilter } from "./filters/exact-duplicates.ts";
import type { BitextFilter } from "./filters/filter.ts";
import { FoldedPair } from "./filters/folded-text.ts";
import { type LanguageOptions, languageFilter } from "./filters/language.ts";
import { type LengthOptions, lengthFilter } from "./filters/length.ts";
import { type LengthRatioOptions, lengthRatioFilter } from "./filters/length-ratio.ts";
import { type NearDuplicatesOptions, nearDuplicatesFilter } from "./filters/near-duplicates.ts";
import { numbersFilter } from "./filters/numbers.ts";
import { type Profanity, profanityFilter } from "./filters/profanity.ts";
import { protectedSpansFilter } from "./filters/protected-spans.ts";
import { punctuationFilter } from "./filters/punctuation.ts";
import { repetitionFilter } from "./filters/repetition.ts";
import { type ScriptOptions, scriptFilter } from "./filters/script.ts";
import type { SentencePair } from "./sentence-pair.ts";

/** Settings of the filters; `false` leaves one out. */
export interface BitextFilterSettings {
  readonly length?: LengthOptions | false | undefined;
  readonly lengthRatio?: LengthRatioOptions | false | undefined;
  readonly script?: ScriptOptions | false | undefined;
  readonly language?: LanguageOptions | false | undefined;
  readonly copiedSource?: CopiedSourceOptions | false | undefined;
  readonly numbers?: false | undefined;
  readonly protectedSpans?: false | undefined;
  readonly punctuation?: false | undefined;
  readonly repetition?: false | undefined;
  readonly exactDuplicates?: false | undefined;
  readonly nearDuplicates?: NearDuplicatesOptions | false | undefined;
}

export interface FilterBitextOptions {
  readonly filters?: BitextFilterSettings | undefined;
  /** Default: `as-tagged`. */
  readonly chinese?: ChineseHandling | undefined;
  /** What is not wanted. Default: nothing. */
  readonly profanity?: Profanity | undefined;
  /** Test sets that must not be taught. Default: none. */
  readonly contamination?: ContaminationOptions | undefined;
  /** Asked after the others, and before the two that look for duplicates. */
  readonly furtherFilters?: readonly BitextFilter[] | undefined;
  /** Is added to while pairs go by; see `createBitextReport`. */
  readonly report?: BitextReport | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The pairs that no filter rejects, in their order, Chinese in the script that was asked for. The same pairs give the same
 * result in every run. Memory does not grow with the pairs but for duplicates: 16 to 32 bytes a pair for exact ones, and
 * 54 bytes for each of the last 2²⁰ for near ones.
 * @throws BayLingError as `ContaminationOptions` says, before the first pair
 */
export async function* filterBitext(
  pairs: AsyncIterable<SentencePair>,
  options: FilterBitextOptions = {},
): AsyncGenerator<SentencePair> {
  const { report = createBitextReport(), chinese = "as-tagged", signal } = options;
  const filters = await createFilters(options);
  report.settings.filters = describeSettings(options);
  for (const { reason } of filters) report.rejected[reason] ??= { count: 0, samples: [] };
  const scripts = new ChineseScripts(chinese, report.converted);
  for await (const given of pairs) {
    signal?.throwIfAborted();
    report.read++;
    const loading = scripts.load(given);
    if (loading !== undefined) await loading;
    const pair = scripts.apply(given);
    if (isKept(pair, filters, report)) {
      report.kept++;
      yield pair;
    }
  }
}

function isKept(pair: SentencePair, filters: readonly BitextFilter[], report: BitextReport): boolean {
  const folded = new FoldedPair(pair);
  for (const filter of filters) {
    const detail = filter.reject(pair, folded);
    if (detail === undefined) continue;
    const { source, target, origin } = pair;
    count(report.rejected[filter.reason]!, `${source}\t${target}\t${origin.line}`, () => {
      const { file, line } = origin;
      return { source: shortSample(source), target: shortSample(target), file, line, detail: shortSample(detail) };
    });
    return false;
  }
  return true;
}

/** Cheap ones first; the two that remember what they let through come last, so that they remember no rejected pair. */
async function createFilters(options: FilterBitextOptions): Promise<readonly BitextFilter[]> {
  const { filters: settings = {}, profanity, contamination, furtherFilters = [], signal } = options;
  const filters: (BitextFilter | false)[] = [
    settings.length !== false && lengthFilter(settings.length),
    settings.lengthRatio !== false && lengthRatioFilter(settings.lengthRatio),
    settings.script !== false && scriptFilter(settings.script),
    settings.copiedSource !== false && copiedSourceFilter(settings.copiedSource),
    settings.repetition !== false && repetitionFilter(),
    settings.numbers !== false && numbersFilter(),
    settings.protectedSpans !== false && protectedSpansFilter(),
    settings.punctuation !== false && punctuationFilter(),
    profanity !== undefined && profanityFilter(profanity),
    settings.language !== false && (await languageFilter(settings.language)),
    contamination !== undefined && (await contaminationFilter({ signal, ...contamination })),
    ...furtherFilters,
    settings.exactDuplicates !== false && exactDuplicatesFilter(),
    settings.nearDuplicates !== false && nearDuplicatesFilter(settings.nearDuplicates),
  ];
  return filters.filter((filter) => filter !== false);
}

/** What was asked for, as JSON has it. */
function describeSettings({
  filters,
  chinese,
  profanity,
  contamination,
  furtherFilters,
}: FilterBitextOptions): unknown {
  const { files, words, characters } = contamination ?? {};
  return {
    ...filters,
    chinese: chinese ?? "as-tagged",
    ...(profanity !== undefined && { profanity: typeof profanity === "function" ? "function" : profanity.length }),
    ...(contamination !== undefined && { contamination: { files, words, characters } }),
    ...(furtherFilters !== undefined && { further: furtherFilters.map(({ reason }) => reason) }),
  };
}
