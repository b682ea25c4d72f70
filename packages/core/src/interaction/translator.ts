import { checkOptions, invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import { checkProtectedKinds, type ProtectedKind } from "../generation/constraints/protection/protected-spans.ts";
import { SharedSequence } from "../generation/shared-sequence.ts";
import type { ChatTemplate } from "../prompt/chat-template.ts";
import { detectTemplate } from "../prompt/detect-template.ts";
import { DialogueEncoder } from "../prompt/dialogue-encoder.ts";
import { templateStops } from "../prompt/template-stops.ts";
import type { InstructionLanguage } from "./act.ts";
import { translate } from "./acts/translate.ts";
import { DocumentSession } from "./document-session.ts";
import { fitSegments } from "./fit-segments.ts";
import { parseLanguage } from "./language.ts";
import { detectProfile, profileByName } from "./profiles/detect-profile.ts";
import type { SegmentContext, TranslationProfile } from "./profiles/translation-profile.ts";
import type { ApplyOptions, DecodingOptions, SessionSettings, TranslationMode } from "./session-settings.ts";
import { segmentText } from "./text-segments.ts";
import type { TranslationModel } from "./translation-model.ts";
import { TranslationSession } from "./translation-session.ts";
import { createState, type TranslationState } from "./translation-state.ts";

/** What is asked of every translation from the beginning. */
export type Requirements = Partial<
  Pick<TranslationState, "required" | "forbidden" | "glossary" | "length" | "register" | "formats">
>;

export interface TranslatorOptions {
  /** BCP-47 tag or name of a language. */
  readonly from: string;
  readonly to: string;
  /** How the model was taught to translate: a name, or one of your own. Default: by what the model says of itself. */
  readonly profile?: string | TranslationProfile | undefined;
  /** Default: that of the profile, or the one that the model was taught with. */
  readonly template?: string | ChatTemplate | undefined;
  /** The language in which the model is told what to do. Default: that of the profile. */
  readonly instructionLanguage?: InstructionLanguage | undefined;
  /** Default `faithful`. */
  readonly mode?: TranslationMode | undefined;
  readonly decoding?: DecodingOptions | undefined;
  /**
   * What of the source comes out unaltered, once, and in its place among the other tags. Default `true`: tags,
   * placeholders, addresses, code, and numbers where they are bare digits, which every language writes alike.
   */
  readonly protect?: boolean | readonly ProtectedKind[] | undefined;
  readonly requirements?: Requirements | undefined;
  /** Chooses the words of instructions. Default 0. */
  readonly seed?: number | undefined;
}

export interface OpenOptions {
  /** Sentences before the text, with their translations. */
  readonly context?: readonly SegmentContext[] | undefined;
  /** Over those of the translator. */
  readonly requirements?: Requirements | undefined;
}

export interface DocumentOptions {
  /** How many sentences before it each is translated with. Default 2. */
  readonly contextSize?: number | undefined;
  /** Over those of the translator. */
  readonly requirements?: Requirements | undefined;
}

/**
 * Translates with a model, from one language to another.
 * @throws BayLingError `language-unknown`, `argument-invalid`, `template-invalid`
 */
export async function createTranslator(model: TranslationModel, options: TranslatorOptions): Promise<Translator> {
  checkOptions(options);
  if (typeof (model as Partial<TranslationModel> | null)?.generate !== "function") {
    throw invalidArgument("model", "a model, as loadModel() gives it", model);
  }
  const from = parseLanguage(options.from, "from");
  const to = parseLanguage(options.to, "to");
  if (from === to) {
    throw new BayLingError("argument-invalid", {
      field: "to",
      problem: "a text cannot be translated into its own language",
      received: to,
    });
  }
  const { mode = "faithful", instructionLanguage, protect = true, decoding = {}, seed = 0 } = options;
  if (mode !== "faithful" && mode !== "draft") throw invalidArgument("mode", '"faithful" or "draft"', mode);
  if (typeof protect !== "boolean") checkProtectedKinds({ kinds: protect });
  if (typeof decoding !== "object" || decoding === null) throw invalidArgument("decoding", "an object", decoding);
  if (!Number.isInteger(seed)) throw invalidArgument("seed", "an integer", seed);
  checkRequirements(options.requirements);
  checkProfile(options.profile);
  const { metadata, tokenizer } = model;
  const wanted = await detectTemplate(metadata, tokenizer, options.template);
  const profile =
    typeof options.profile === "string"
      ? profileByName(options.profile)
      : (options.profile ?? detectProfile(metadata, wanted.name));
  const isOwn = options.template !== undefined || profile.template === undefined;
  const template = isOwn ? wanted : await detectTemplate(metadata, tokenizer, profile.template);
  const settings: SessionSettings = {
    ...{ profile, mode, decoding, protect, seed, context: () => [] },
    instructionLanguage: instructionLanguage ?? profile.instructionLanguage,
    encoder: new DialogueEncoder(template, tokenizer, profile.variables),
    stop: templateStops(template, tokenizer),
    spaceBeforeReply: template.spaceBeforeReply ?? false,
  };
  return new Translator(model, { from, to, template, settings, requirements: options.requirements ?? {} });
}

/** Tokens of a sentence that is not cut, however small the context is. */
const leastSegment = 16;

export class Translator {
  readonly from: string;
  readonly to: string;
  readonly template: ChatTemplate;
  readonly #model: TranslationModel;
  readonly #settings: SessionSettings;
  readonly #requirements: Requirements;

  /** @internal See {@link createTranslator}. */
  constructor(
    model: TranslationModel,
    parts: {
      readonly from: string;
      readonly to: string;
      readonly template: ChatTemplate;
      readonly settings: SessionSettings;
      readonly requirements: Requirements;
    },
  ) {
    this.#model = model;
    this.from = parts.from;
    this.to = parts.to;
    this.template = parts.template;
    this.#settings = parts.settings;
    this.#requirements = parts.requirements;
  }

  get profile(): TranslationProfile {
    return this.#settings.profile;
  }

  /**
   * A session on a text, before anything is translated: apply acts to it, `translate()` first.
   * @throws BayLingError `argument-invalid` for a text without words
   */
  open(source: string, { context = [], requirements = {} }: OpenOptions = {}): TranslationSession {
    checkSource(source);
    const state = { ...createState(this.from, this.to, source), ...this.#requirements, ...requirements };
    return new TranslationSession(this.#model, { ...this.#settings, context: () => context }, state);
  }

  /**
   * A session on a long text, before anything is translated: cut into sentences, each translated with those before it in
   * view, and joined in the layout of the source. A sentence that is too long for the context is cut into clauses.
   * @throws BayLingError `argument-invalid` for a text without words
   */
  openDocument(source: string, { contextSize = 2, requirements }: DocumentOptions = {}): DocumentSession {
    checkSource(source);
    if (!Number.isInteger(contextSize) || contextSize < 0) {
      throw invalidArgument("contextSize", "an integer from 0 on", contextSize);
    }
    // Thousands of segments cannot have a KV cache each.
    const sequence = new SharedSequence(this.#model);
    const { tokenizer, contextLength } = this.#model;
    // A prompt has the sentence, and so much of each before it with its translation, and leaves half the context to the reply.
    const longest = Math.max(leastSegment, Math.floor(contextLength / (4 * (contextSize + 1))));
    const segmented = fitSegments(
      segmentText(source, this.from),
      longest,
      (text) => tokenizer.encode(text, { addBos: false }).length,
    );
    return new DocumentSession(segmented, {
      open: (text, context) => {
        const state = { ...createState(this.from, this.to, text), ...this.#requirements, ...requirements };
        return new TranslationSession(this.#model, { ...this.#settings, context }, state, sequence.lend());
      },
      ...{ sequence, contextSize },
    });
  }

  /** A session with its first translation. @throws BayLingError as {@link open} and `session.apply()` */
  async translate(source: string, options: OpenOptions & ApplyOptions = {}): Promise<TranslationSession> {
    const session = this.open(source, options);
    try {
      await session.apply(translate(), options).version();
      return session;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }
}

function checkSource(source: unknown): void {
  if (typeof source !== "string") throw invalidArgument("source", "a text", source);
  if (source.trim() === "") {
    throw new BayLingError("argument-invalid", {
      field: "source",
      problem: "there is nothing to translate",
      expected: "a text that is not empty",
      received: "none",
    });
  }
}

const requirementFields = new Set(["required", "forbidden", "glossary", "length", "register", "formats"]);

/** Misspelt, a requirement would be none. What the fields hold is for `checkState` to see. */
function checkRequirements(requirements: unknown): void {
  if (requirements === undefined) return;
  if (typeof requirements !== "object" || requirements === null) {
    throw invalidArgument("requirements", "an object", requirements);
  }
  for (const field of Object.keys(requirements)) {
    if (!requirementFields.has(field)) {
      throw invalidArgument("requirements", `fields among ${[...requirementFields].join(", ")}`, field);
    }
  }
}

function checkProfile(profile: unknown): void {
  if (profile === undefined || typeof profile === "string") return;
  const { say, clean } = (profile ?? {}) as Partial<TranslationProfile>;
  if (typeof say === "function" && typeof clean === "function") return;
  throw invalidArgument("profile", "the name of a profile, or an object with say() and clean()", profile);
}
