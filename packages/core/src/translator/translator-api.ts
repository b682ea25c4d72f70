/** The shapes of the Translator API of browsers (W3C Machine Learning CG, Translator and Language Detector APIs). */

/** Whether a translator can be had: at once, after a download that runs, after one that would begin, or not at all. */
export type Availability = "unavailable" | "downloadable" | "downloading" | "available";

export interface TranslatorCreateCoreOptions {
  /** BCP 47. */
  readonly sourceLanguage: string;
  /** BCP 47. */
  readonly targetLanguage: string;
}

/** The browser's `ProgressEvent`; programs for Node need not have the DOM's types. */
export type DownloadProgressEvent = typeof globalThis extends { ProgressEvent: { prototype: infer Type } }
  ? Type
  : Event & { readonly lengthComputable: boolean; readonly loaded: number; readonly total: number };

type AddListener = EventTarget["addEventListener"];

/** Hears how loading goes on: `loaded` from 0 to 1, `total` 1. */
export interface CreateMonitor extends EventTarget {
  ondownloadprogress: ((this: CreateMonitor, event: DownloadProgressEvent) => unknown) | null;
  addEventListener(
    type: "downloadprogress",
    listener: (this: CreateMonitor, event: DownloadProgressEvent) => unknown,
    options?: Parameters<AddListener>[2],
  ): void;
  addEventListener(...listener: Parameters<AddListener>): void;
}

export interface TranslatorCreateOptions extends TranslatorCreateCoreOptions {
  /** Ends creating, and later destroys the translator. */
  readonly signal?: AbortSignal | undefined;
  readonly monitor?: ((monitor: CreateMonitor) => void) | undefined;
}

export interface TranslatorTranslateOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A translator of one pair of languages. */
export interface TranslatorInstance {
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  /** Tokens that a text may have; Infinity where any may be translated. */
  readonly inputQuota: number;
  /**
   * @throws (by rejection) the signal's reason; `QuotaExceededError`; `AbortError` once it is destroyed; `UnknownError` with
   * a `cause` when the model fails
   */
  translate(input: string, options?: TranslatorTranslateOptions): Promise<string>;
  /**
   * The translation sentence by sentence.
   * @throws the signal's reason, and `AbortError` where it is destroyed, at once; else as {@link translate}, by the stream
   */
  translateStreaming(input: string, options?: TranslatorTranslateOptions): ReadableStream<string>;
  /** Of {@link inputQuota}; 0 where there is none. @throws as {@link translate} */
  measureInputUsage(input: string, options?: TranslatorTranslateOptions): Promise<number>;
  /** Ends what it does, and frees the model if no other translator has it. May be called twice. */
  destroy(): void;
}

/** What stands in for `globalThis.Translator`. */
export interface TranslatorClass {
  readonly prototype: TranslatorInstance;
  /** @throws (by rejection) `TypeError`, `RangeError` for what is no BCP 47 tag */
  availability(options: TranslatorCreateCoreOptions): Promise<Availability>;
  /**
   * @throws (by rejection) as {@link availability}; `NotSupportedError` for languages that the model does not know;
   * `NetworkError` and `OperationError`, with a `cause`, when it cannot be loaded; the signal's reason
   */
  create(options: TranslatorCreateOptions): Promise<TranslatorInstance>;
}
