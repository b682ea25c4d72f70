import { checkOptions, invalidArgument } from "../check-argument.ts";
import { sequencePermits } from "../generation/semaphore.ts";
import type { Translator, TranslatorOptions } from "../interaction/translator.ts";
import type { LoadModelOptions } from "../load-model.ts";
import type { Model } from "../model.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { creationError, domException, quotaExceeded } from "./dom-errors.ts";
import type { DownloadReport } from "./download-monitor.ts";
import { bestFit, isIdentity, type LanguagePair, type Languages } from "./language-pair.ts";
import { givenModel, type ModelSupply, SharedModel } from "./shared-model.ts";
import { translateDocument } from "./translate-document.ts";
import type { Availability } from "./translator-api.ts";

/** How a class of translators translates; see `createTranslator()` of `@bayling/core/interaction`. */
export interface TranslatorClassSettings extends Omit<TranslatorOptions, "from" | "to"> {
  /** Languages between which it translates, by BCP 47 tag. Default: those that the model was taught. */
  readonly languages?: Languages | undefined;
  /** The most tokens of a text. Default Infinity. */
  readonly inputQuota?: number | undefined;
}

/** A source that is loaded with the first translator and disposed with the last, or a model of your own. */
export type TranslatorClassOptions = TranslatorClassSettings &
  (({ readonly source: ModelSource } & Omit<LoadModelOptions, "onProgress" | "signal">) | { readonly model: Model });

/** What stands behind the translators of one pair of languages. */
export interface OpenTranslation extends LanguagePair {
  readonly inputQuota: number;
  /** In {@link inputQuota}; 0 where there is none. */
  measure(text: string): number;
  /** The translation in pieces. @throws `QuotaExceededError`; as `document.translate()`; the signal's reason */
  translate(text: string, signal: AbortSignal): AsyncIterable<string>;
  release(): void;
}

/** Has no letter and no digit: no language says it otherwise. */
const untranslatable = /^[^\p{L}\p{N}]*$/u;

/** Model, languages and settings that all translators of a class share. */
export class TranslationService {
  readonly #supply: ModelSupply;
  readonly #settings: Omit<TranslatorOptions, "from" | "to">;
  readonly #inputQuota: number;
  readonly #known: Languages | undefined;

  /** @throws BayLingError `argument-invalid`, `language-unknown` */
  constructor(options: TranslatorClassOptions) {
    checkOptions(options);
    const { languages, inputQuota = Infinity, ...rest } = options;
    if (!(typeof inputQuota === "number" && inputQuota >= 0)) {
      throw invalidArgument("inputQuota", "a number from 0 on", inputQuota);
    }
    if (languages !== undefined && languages !== "any" && !Array.isArray(languages)) {
      throw invalidArgument("languages", 'an array of language tags, or "any"', languages);
    }
    if (languages !== undefined) bestFit({ sourceLanguage: "en", targetLanguage: "en" }, languages);
    this.#inputQuota = inputQuota;
    this.#known = languages;
    if ("model" in rest) {
      const { model, ...settings } = rest;
      if (typeof (model as Partial<Model> | null)?.generate !== "function") {
        throw invalidArgument("model", "a model, as loadModel() gives it", model);
      }
      this.#supply = givenModel(model);
      this.#settings = settings;
    } else {
      const { source, backend, contextLength, maxSequences, ...settings } = rest;
      this.#supply = new SharedModel(source, { backend, contextLength, maxSequences });
      this.#settings = settings;
    }
  }

  async availability(pair: LanguagePair): Promise<Availability> {
    const languages = await this.#languages();
    if (isIdentity(pair)) return "available";
    return bestFit(pair, languages) === undefined ? "unavailable" : this.#supply.availability;
  }

  /** @throws `NotSupportedError`, `NetworkError`, `OperationError`; the signal's reason */
  async open(pair: LanguagePair, report: DownloadReport, signal: AbortSignal | undefined): Promise<OpenTranslation> {
    const before = await this.#languages();
    signal?.throwIfAborted();
    if (isIdentity(pair)) {
      report.begin();
      report.end();
      return identity(pair);
    }
    if (bestFit(pair, before) === undefined) throw notSupported(pair);
    report.begin();
    let release = () => {};
    try {
      const lease = await this.#supply.acquire((progress) => report.progress(progress), signal);
      release = lease.release;
      report.end();
      // What the model was taught may have been unknown before.
      const fit = bestFit(pair, await this.#languages());
      if (fit === undefined) throw notSupported(pair);
      const translator = await this.#translator(lease.model, fit);
      return { ...fit, inputQuota: this.#inputQuota, ...this.#operations(lease.model, translator), release };
    } catch (error) {
      release();
      signal?.throwIfAborted();
      throw creationError(error, this.#supply.isRemote);
    }
  }

  #operations(model: Model, translator: Translator): Pick<OpenTranslation, "measure" | "translate"> {
    const quota = this.#inputQuota;
    const measure = (text: string) => (quota === Infinity ? 0 : model.tokenizer.encode(text, { addBos: false }).length);
    const { mode, decoding } = this.#settings;
    const beams = mode === "draft" ? 1 : (decoding?.beams ?? translator.profile.decoding.beams ?? 1);
    // Beams are sequences, too.
    const run = { translator, permits: sequencePermits(model), sequences: beams > 1 ? Infinity : 1 };
    return {
      measure,
      async *translate(text, signal) {
        const requested = measure(text);
        if (requested > quota) throw quotaExceeded(requested, quota);
        if (untranslatable.test(text)) yield text;
        // Strings of JavaScript may hold half a character, which is nothing that a model could translate.
        else yield* translateDocument(run, text.toWellFormed(), signal);
      },
    };
  }

  async #languages(): Promise<Languages> {
    if (this.#known !== undefined) return this.#known;
    const { profile } = this.#settings;
    if (typeof profile === "object") return profile.languages;
    const { model } = this.#supply;
    if (model !== undefined) return (await this.#translator(model)).profile.languages;
    if (profile === undefined) return "any";
    const { profileByName } = await import("../interaction/profiles/detect-profile.ts");
    return profileByName(profile).languages;
  }

  async #translator(
    model: Model,
    { sourceLanguage: from, targetLanguage: to }: LanguagePair = { sourceLanguage: "en", targetLanguage: "de" },
  ): Promise<Translator> {
    const { createTranslator } = await import("../interaction/translator.ts");
    return createTranslator(model, { ...this.#settings, from, to });
  }
}

function identity(pair: LanguagePair): OpenTranslation {
  return {
    ...pair,
    inputQuota: Infinity,
    measure: () => 0,
    async *translate(text) {
      yield text;
    },
    release() {},
  };
}

function notSupported({ sourceLanguage, targetLanguage }: LanguagePair): DOMException {
  return domException("NotSupportedError", `the model does not translate from ${sourceLanguage} to ${targetLanguage}`);
}
