/**
 * The interface that the W3C's specification defines in Web IDL, in the words of TypeScript's DOM library, which does not
 * have it yet. Written by hand from https://webmachinelearning.github.io/translation-api/#idl-index and the shared part in
 * Writing Assistance APIs, so that a compiler compares our class with it.
 */

type Availability = "unavailable" | "downloadable" | "downloading" | "available";

export interface CreateMonitor extends EventTarget {
  ondownloadprogress: ((this: CreateMonitor, event: ProgressEvent) => unknown) | null;
  addEventListener(
    type: "downloadprogress",
    listener: (this: CreateMonitor, event: ProgressEvent) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

interface TranslatorCreateCoreOptions {
  sourceLanguage: string;
  targetLanguage: string;
}

interface TranslatorCreateOptions extends TranslatorCreateCoreOptions {
  signal?: AbortSignal;
  monitor?: (monitor: CreateMonitor) => void;
}

interface TranslatorTranslateOptions {
  signal?: AbortSignal;
}

export interface Translator {
  translate(input: string, options?: TranslatorTranslateOptions): Promise<string>;
  translateStreaming(input: string, options?: TranslatorTranslateOptions): ReadableStream<string>;
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  measureInputUsage(input: string, options?: TranslatorTranslateOptions): Promise<number>;
  readonly inputQuota: number;
  destroy(): void;
}

export interface TranslatorConstructor {
  readonly prototype: Translator;
  create(options: TranslatorCreateOptions): Promise<Translator>;
  availability(options: TranslatorCreateCoreOptions): Promise<Availability>;
}
