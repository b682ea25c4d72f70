import type { GenerateOptions } from "../../generation/generation-options.ts";
import type { ChatTemplate, RenderOptions } from "../../prompt/chat-template.ts";
import type { InstructionLanguage } from "../act.ts";
import { baseLanguage, languageName } from "../language.ts";
import type { RequiredTerm, TranslationState } from "../translation-state.ts";

/** A sentence before the one to translate, and its translation. */
export interface SegmentContext {
  readonly source: string;
  readonly translation: string;
}

/** What a first translation is asked with. */
export interface TranslationRequest {
  /** BCP-47, canonical as `parseLanguage` gives it. */
  readonly from: string;
  readonly to: string;
  readonly source: string;
  /** What the translation has to contain. Profiles without words for it leave it to decoding. */
  readonly terms?: readonly RequiredTerm[] | undefined;
  /** Everything that is asked of the translation, for profiles that say it. */
  readonly state?: TranslationState | undefined;
  /** What stands before the source. Profiles of models that know sentences only leave it out. */
  readonly context?: readonly SegmentContext[] | undefined;
  /** Default: the profile's own. A profile that does not speak it takes its own. */
  readonly language?: InstructionLanguage | undefined;
}

/** How a model was taught to translate. */
export interface TranslationProfile {
  /** Lower-case kebab word: `tower-instruct`. */
  readonly name: string;
  /** In place of the template that would be detected: a name or an object. */
  readonly template?: string | ChatTemplate | undefined;
  /** What the template is given besides messages: see {@link RenderOptions}. */
  readonly variables?: RenderOptions["variables"];
  /** Default: the template's own. Empty: none. */
  readonly systemPrompt?: string | undefined;
  /** BCP-47. Where it is a list, the model was taught these, and any other is an experiment. */
  readonly languages: readonly string[] | "any";
  readonly instructionLanguage: InstructionLanguage;
  /**
   * Whether the model follows a dialogue about a translation, or knows nothing but the first request: then it is asked
   * anew each time, without a dialogue, and what acts want is left to decoding.
   */
  readonly follows: "acts" | "translation-only";
  /** Kinds of acts that it is known to have been taught, beyond what any model that follows instructions makes of them. */
  readonly taughtActs: readonly string[];
  /** The user's words that ask for a first translation. */
  say(request: TranslationRequest): string;
  /** Its requests say all that a state carries, not terms alone. Default false. */
  readonly saysRules?: boolean | undefined;
  /** For the best translation. */
  readonly decoding: Pick<GenerateOptions, "beams" | "temperature" | "topP" | "topK" | "minP" | "repetitionPenalty">;
  /** For drafts, which are drawn. */
  readonly drafting: Pick<GenerateOptions, "temperature" | "topP" | "topK" | "minP">;
  /**
   * The translation in a reply, without white space and words around it. What may be part of the translation stays.
   * @param source tells what the reply has from it; without it less is taken away
   */
  clean(reply: string, source?: string): string;
}

/** Whether a model was taught a language, or a language of which it is a variety: `pt` counts for `pt-BR`. */
export function speaks({ languages }: TranslationProfile, tag: string): boolean {
  return languages === "any" || languages.includes(tag) || languages.includes(baseLanguage(tag));
}

/** How models that were taught one Chinese call a language: Simplified Chinese goes without saying. */
export function taughtName(tag: string, language: InstructionLanguage): string {
  return languageName(tag === "zh-Hans" ? "zh" : tag, language);
}
