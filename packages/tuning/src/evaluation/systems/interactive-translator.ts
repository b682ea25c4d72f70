import type { Model } from "@bayling/core";
import {
  type Act,
  createTranslator,
  type TranslationMode,
  type TranslationSession,
  type Translator,
  type TranslatorOptions,
  translate,
} from "@bayling/core/interaction";
import type { InteractiveSystem, SteeredDialogue, TextToTranslate } from "./interactive-system.ts";

export interface InteractiveTranslatorOptions extends Omit<TranslatorOptions, "from" | "to"> {
  /** Default: the name of the model. */
  readonly name?: string | undefined;
  readonly mode?: TranslationMode | undefined;
  /** Dialogues in common batches. Default: as many as the model has sequences for, by its beams. */
  readonly concurrency?: number | undefined;
}

/** A model as the SDK's sessions drive it: what acts ask for is held by decoding. */
export function interactiveTranslator(model: Model, options: InteractiveTranslatorOptions = {}): InteractiveSystem {
  const { name = model.name, concurrency, ...rest } = options;
  const translators = new Map<string, Promise<Translator>>();
  const translatorFor = ({ from, to }: TextToTranslate): Promise<Translator> => {
    const key = `${from}\n${to}`;
    const known = translators.get(key) ?? createTranslator(model, { ...rest, from, to });
    translators.set(key, known);
    return known;
  };
  const { profile, template, mode, decoding, instructionLanguage, seed } = rest;
  const named = (value: string | { readonly name: string } | undefined) =>
    typeof value === "object" ? value.name : value;
  return {
    name,
    // A faithful translation takes a sequence for each of up to five beams.
    concurrency: concurrency ?? Math.max(1, Math.floor(model.capabilities.maxSequences / (decoding?.beams ?? 5))),
    settings: {
      ...{ kind: "translator", model: model.name, profile: named(profile), template: named(template) },
      ...{ mode, decoding, instructionLanguage, seed },
    },
    open: async (text) => new SessionDialogue(openSession(await translatorFor(text), text)),
  };
}

function openSession(translator: Translator, { source, terms = [] }: TextToTranslate): TranslationSession {
  return translator.open(source, { requirements: { required: terms.map((term) => ({ forms: [term] })) } });
}

class SessionDialogue implements SteeredDialogue {
  readonly #session: TranslationSession;

  constructor(session: TranslationSession) {
    this.#session = session;
  }

  async translate(signal?: AbortSignal): Promise<string> {
    return (await this.#session.apply(translate(), { signal }).version()).translation ?? "";
  }

  async reply(act: Act, _instruction: string, signal?: AbortSignal): Promise<string> {
    return (await this.#session.apply(act, { signal }).version()).reply?.text ?? "";
  }

  settle(reply: string, replies: Act["replies"]): void {
    // Words about a translation must not take its place; whatever was said of it is forgotten.
    if (replies === "translation") this.#session.edit(reply);
    else this.#session.undo();
  }

  async suggest(typed: string, signal?: AbortSignal): Promise<string> {
    return (await this.#session.suggest(typed, { signal })).continuation;
  }

  dispose(): void {
    this.#session.dispose();
  }
}
