import type { GenerationUsage } from "@bayling/core";
import {
  type Act,
  createTranslator,
  cutSentence,
  detectProfile,
  type GlossaryEntry,
  type Register,
  revise,
  type SegmentContext,
  setRegister,
  type TranslationProfile,
  type Translator,
  translate,
} from "@bayling/core/interaction";
import type { Place } from "../admission.ts";
import type { ServedModel } from "../models.ts";
import type { RequestNotes } from "../request-report.ts";
import type { ServerContext } from "../server-context.ts";
import { isSameLanguage } from "./language-codes.ts";
import { type TextFormat, translateMarkup } from "./markup/translate-markup.ts";
import { checkCharacters, checkTags } from "./request-size.ts";
import { findSourceLanguage, type SourceLanguage } from "./source-language.ts";

/** Texts to translate, and what is asked of all of them. */
export interface TranslationOrder {
  readonly texts: readonly string[];
  /** BCP-47. Undefined: each text shows it. */
  readonly from: string | undefined;
  readonly to: string;
  readonly format: TextFormat;
  readonly glossary?: readonly GlossaryEntry[] | undefined;
  /** For models that follow instructions; see {@link followsInstructions}. */
  readonly register?: Register | undefined;
  readonly instructions?: readonly string[] | undefined;
  /** What stands before the texts. */
  readonly context?: string | undefined;
  /** How many other translations of each text are wanted. */
  readonly alternatives?: number | undefined;
}

export interface TranslatedText {
  readonly text: string;
  readonly source: SourceLanguage;
  /** As many as there are. */
  readonly alternatives: readonly string[];
}

/** Who asks. */
export interface Requester {
  readonly client: string;
  readonly signal: AbortSignal;
  readonly notes: RequestNotes;
}

/** Sentences before it that each is translated with, where there is room for them. */
const contextSize = 2;

/** Tokens of a sentence that is not cut. However large a context is, constraints cost more the longer a sentence is. */
const longestSentence = 512;

/** How a served model was taught to translate. */
export function profileOf({ model, template }: ServedModel): TranslationProfile {
  return detectProfile(model.metadata, template.name);
}

/** Whether a model can be told more than to translate. */
export function followsInstructions(served: ServedModel): boolean {
  return profileOf(served).follows === "acts";
}

/** A translator of a served model. Cheap: nothing is evaluated. @throws BayLingError as `createTranslator` */
export async function openTranslator(
  { model, ownTemplate }: ServedModel,
  languages: { readonly from: string; readonly to: string },
  beams?: number,
): Promise<Translator> {
  return createTranslator(model, {
    ...languages,
    template: ownTemplate,
    decoding: beams === undefined ? {} : { beams },
  });
}

/**
 * Translates texts one after the other, at one place: a request with many texts takes no more of the server than a
 * request with one, for longer.
 * @throws Problem 413 for more characters than the server takes, and as `admission.enter`; BayLingError as
 * `session.apply()`; the signal's reason
 */
export async function translateTexts(
  context: ServerContext,
  served: ServedModel,
  order: TranslationOrder,
  { client, signal, notes }: Requester,
): Promise<readonly TranslatedText[]> {
  checkCharacters([order.context ?? "", ...order.texts], context.limits);
  if (order.format.markup !== undefined) checkTags(order.texts);
  notes.model = served.id;
  const wanted = Math.max(profileOf(served).decoding.beams ?? 1, (order.alternatives ?? 0) + 1);
  // Beams need a sequence more than they are.
  const beams = Math.max(1, Math.min(wanted, context.admission.maxConcurrent - 1));
  using place = await context.admission.enter({ client, signal, sequences: beams === 1 ? 1 : beams + 1 });
  const translated: TranslatedText[] = [];
  for (const text of order.texts) {
    const source =
      order.from === undefined ? findSourceLanguage(text, order.to) : { language: order.from, isCertain: true };
    if (isSameLanguage(source.language, order.to)) translated.push({ text, source, alternatives: [] });
    else {
      const translator = await openTranslator(served, { from: source.language, to: order.to }, beams);
      const work = new TextTranslation(translator, order, place, {
        model: served.model,
        mostTokens: mostTokens(served, context),
        onUsage: (usage) => {
          context.metrics.generated(usage);
          notes.usage = sum(notes.usage, usage);
        },
      });
      translated.push({ source, ...(await work.run(text)) });
    }
  }
  return translated;
}

/**
 * How many tokens a text may be answered with: without a limit of the server's as core has it, else what core has, at
 * least so many, within the limit.
 */
export function mostTokens(
  { model }: ServedModel,
  { limits }: ServerContext,
): (text: string, least?: number) => number | undefined {
  if (!Number.isFinite(limits.maxTokens)) return () => undefined;
  const usual = (text: string) => 4 * model.tokenizer.encode(text, { addBos: false }).length + 64;
  return (text, least = 1) => Math.min(limits.maxTokens, Math.max(least, usual(text)));
}

function sum(known: GenerationUsage | undefined, more: GenerationUsage): GenerationUsage {
  return {
    promptTokens: (known?.promptTokens ?? 0) + more.promptTokens,
    reusedTokens: (known?.reusedTokens ?? 0) + more.reusedTokens,
    generatedTokens: (known?.generatedTokens ?? 0) + more.generatedTokens,
  };
}

interface TextTranslationParts {
  readonly model: ServedModel["model"];
  mostTokens(sentence: string): number | undefined;
  onUsage(usage: GenerationUsage): void;
}

/** One text on its way. */
class TextTranslation {
  readonly #translator: Translator;
  readonly #order: TranslationOrder;
  readonly #place: Place;
  readonly #parts: TextTranslationParts;
  /** Sentences and their translations so far. */
  readonly #before: SegmentContext[] = [];
  /** By sentence: its translations, best first. */
  readonly #known = new Map<string, readonly string[]>();

  constructor(translator: Translator, order: TranslationOrder, place: Place, parts: TextTranslationParts) {
    this.#translator = translator;
    this.#order = order;
    this.#place = place;
    this.#parts = parts;
  }

  async run(text: string): Promise<Pick<TranslatedText, "text" | "alternatives">> {
    const { context = "", format, alternatives: count = 0 } = this.#order;
    if (/\p{L}/u.test(context) && this.#usesContext) await this.#translate(context, { splitting: "sentences" }, 0);
    this.#known.clear();
    const best = await this.#translate(text, format, 0);
    const others = new Set<string>();
    for (let rank = 1; rank <= count; rank++) others.add(await this.#translate(text, format, rank));
    others.delete(best);
    return { text: best, alternatives: [...others] };
  }

  #translate(text: string, format: TextFormat, rank: number): Promise<string> {
    const { contextLength } = this.#parts.model;
    const longest = Math.max(1, Math.min(longestSentence, contextLength >> 2));
    return translateMarkup(text, format, this.#translator, {
      translate: async (sentence) => {
        this.#place.signal.throwIfAborted();
        const known = this.#known.get(sentence) ?? (await this.#translateSentence(sentence));
        this.#known.set(sentence, known);
        return known[Math.min(rank, known.length - 1)]!;
      },
      cut: (sentence) => cutSentence({ text: sentence, separator: "" }, longest, (piece) => this.#count(piece)),
    });
  }

  #count(text: string): number {
    return this.#parts.model.tokenizer.encode(text, { addBos: false }).length;
  }

  /** The last sentences, as many as leave half of the context to the reply. */
  #contextOf(sentence: string): readonly SegmentContext[] {
    const { contextLength } = this.#parts.model;
    let room = contextLength / 3 - this.#count(sentence);
    let size = 0;
    for (const { source, translation } of this.#before.slice(-contextSize).reverse()) {
      room -= this.#count(source) + this.#count(translation);
      if (room < 0) break;
      size++;
    }
    return this.#before.slice(this.#before.length - size);
  }

  async #translateSentence(sentence: string): Promise<readonly string[]> {
    const { glossary = [] } = this.#order;
    const session = this.#translator.open(sentence, {
      context: this.#contextOf(sentence),
      requirements: { glossary },
    });
    try {
      const options = { signal: this.#place.signal, decoding: { maxTokens: this.#parts.mostTokens(sentence) } };
      for (const act of this.#acts) {
        const version = await session.apply(act, options).version();
        this.#parts.onUsage(version.reply!.usage);
      }
      const { hypotheses } = session.current!.reply!;
      this.#before.push({ source: sentence, translation: session.text });
      const others = hypotheses.slice(1).map(({ text }) => this.#translator.profile.clean(text, sentence));
      return [session.text, ...others];
    } finally {
      session.dispose();
    }
  }

  /** A first one translates, whatever else it asks for. */
  get #acts(): readonly Act[] {
    const { register, instructions = [] } = this.#order;
    const acts: Act[] = instructions.map((instruction) => revise(instruction));
    if (register !== undefined) acts.unshift(setRegister(register));
    return acts.length === 0 ? [translate()] : acts;
  }

  /** Models that were taught single sentences say nothing of what stands before. */
  get #usesContext(): boolean {
    const { from, to, profile } = this.#translator;
    const request = { from, to, source: "x" };
    return profile.say(request) !== profile.say({ ...request, context: [{ source: "y", translation: "z" }] });
  }
}
