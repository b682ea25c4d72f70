/** Translators in the shape of the browsers' own `Translator`, for browsers that have none, and for Node. */
export type { Languages } from "./language-pair.ts";
export type { TranslatorClassOptions, TranslatorClassSettings } from "./translation-service.ts";
export type {
  Availability,
  CreateMonitor,
  DownloadProgressEvent,
  TranslatorClass,
  TranslatorCreateCoreOptions,
  TranslatorCreateOptions,
  TranslatorInstance,
  TranslatorTranslateOptions,
} from "./translator-api.ts";
export { createTranslatorClass } from "./translator-class.ts";
