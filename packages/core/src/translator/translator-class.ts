import { type LinkedSignal, linkSignals } from "../linked-signal.ts";
import { domException, translationError } from "./dom-errors.ts";
import { DownloadReport } from "./download-monitor.ts";
import { readLanguagePair } from "./language-pair.ts";
import { type OpenTranslation, TranslationService, type TranslatorClassOptions } from "./translation-service.ts";
import type {
  Availability,
  TranslatorClass,
  TranslatorCreateCoreOptions,
  TranslatorCreateOptions,
  TranslatorInstance,
  TranslatorTranslateOptions,
} from "./translator-api.ts";

/** What only this module has, and `new` needs. */
const key = Symbol();

/**
 * A class in the shape of the browsers' `Translator`, over a model of yours:
 * `const Translator = globalThis.Translator ?? createTranslatorClass({ source, backend: cpu() })`. Nothing is loaded before
 * the first `create()`.
 *
 * Follows the Translator and Language Detector APIs of the W3C's Web Machine Learning Community Group, but for what belongs
 * to browsers: permissions, user activation, documents that are not active.
 * @throws BayLingError `argument-invalid`, `language-unknown`, `source-not-supported`
 */
export function createTranslatorClass(options: TranslatorClassOptions): TranslatorClass {
  const service = new TranslationService(options);
  return class Translator extends BayLingTranslator {
    static async availability(languages: TranslatorCreateCoreOptions): Promise<Availability> {
      return service.availability(readLanguagePair(languages));
    }

    static async create(wanted: TranslatorCreateOptions): Promise<Translator> {
      const pair = readLanguagePair(wanted);
      const signal = readSignal(wanted);
      signal?.throwIfAborted();
      const report = new DownloadReport(wanted.monitor, signal);
      const open = await service.open(pair, report, signal);
      if (!signal?.aborted) return new Translator(key, open, signal);
      open.release();
      throw signal.reason;
    }
  };
}

class BayLingTranslator implements TranslatorInstance {
  readonly #open: OpenTranslation;
  /** Of its life: what destroys it ends all that it does. */
  readonly #life: LinkedSignal;

  constructor(secret: symbol, open: OpenTranslation, signal: AbortSignal | undefined) {
    if (secret !== key) throw new TypeError("Illegal constructor");
    this.#open = open;
    this.#life = linkSignals([signal]);
    this.#life.signal.addEventListener("abort", () => {
      this.#life.unlink();
      open.release();
    });
  }

  get sourceLanguage(): string {
    return this.#open.sourceLanguage;
  }

  get targetLanguage(): string {
    return this.#open.targetLanguage;
  }

  get inputQuota(): number {
    return this.#open.inputQuota;
  }

  get [Symbol.toStringTag](): string {
    return "Translator";
  }

  async translate(input: string, options?: TranslatorTranslateOptions): Promise<string> {
    const text = readText(input);
    return this.#during(options, async (signal) => {
      let translation = "";
      for await (const piece of this.#open.translate(text, signal)) translation += piece;
      return translation;
    });
  }

  translateStreaming(input: string, options?: TranslatorTranslateOptions): ReadableStream<string> {
    const text = readText(input);
    const link = linkSignals([this.#life.signal, readSignal(options)]);
    const { signal } = link;
    if (signal.aborted) {
      link.unlink();
      throw signal.reason;
    }
    const pieces = this.#open.translate(text, signal)[Symbol.asyncIterator]();
    return new ReadableStream<string>({
      start(controller) {
        // Also while nobody reads.
        signal.addEventListener("abort", () => {
          controller.error(signal.reason);
          link.unlink();
          pieces.return?.().catch(() => {});
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await pieces.next();
          if (signal.aborted) return;
          if (!done) return controller.enqueue(value);
          link.unlink();
          controller.close();
        } catch (error) {
          link.unlink();
          if (!signal.aborted) controller.error(translationError(error));
        }
      },
      async cancel(reason) {
        link.unlink();
        link.abort(reason);
      },
    });
  }

  async measureInputUsage(input: string, options?: TranslatorTranslateOptions): Promise<number> {
    const text = readText(input);
    return this.#during(options, async () => this.#open.measure(text));
  }

  destroy(): void {
    this.#life.abort(domException("AbortError", "the translator was destroyed"));
  }

  /** Runs what ends with the translator, and with the signal of a call. */
  async #during<Result>(
    options: TranslatorTranslateOptions | undefined,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const link = linkSignals([this.#life.signal, readSignal(options)]);
    const { signal } = link;
    try {
      signal.throwIfAborted();
      const result = await action(signal);
      signal.throwIfAborted();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw translationError(error);
    } finally {
      link.unlink();
    }
  }
}

function readText(input: unknown): string {
  if (input === undefined) throw new TypeError("Translator: 1 argument required, but only 0 present");
  return String(input);
}

function readSignal(options: unknown): AbortSignal | undefined {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== "object") throw new TypeError("Translator: options are not an object");
  const { signal } = options as { readonly signal?: unknown };
  if (signal === undefined) return undefined;
  // Not `instanceof`: other realms have signals of their own.
  if (typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted === "function") return signal as AbortSignal;
  throw new TypeError("Translator: signal is not an AbortSignal");
}
