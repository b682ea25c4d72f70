import type { FinishReason } from "../generation/generate.ts";
import type { GenerationUsage } from "../generation/generation.ts";
import type { Hypothesis } from "../generation/hypotheses.ts";
import type { DialoguePrompt } from "../prompt/dialogue-encoder.ts";
import type { Act, Verdict } from "./act.ts";
import type { TranslationState } from "./translation-state.ts";
import type { StateVerdict } from "./verify-state.ts";

/** How a version was asked for, and what the model wrote. */
export interface VersionReply {
  readonly act: Act;
  /** What the model was told. */
  readonly instruction: string;
  /** What it wrote, cleaned of what is none of it. */
  readonly text: string;
  /** Nothing was taken away from what the model wrote. */
  readonly isVerbatim: boolean;
  /** Of the act alone. */
  readonly verdict: Verdict;
  /** Rules that decoding enforced, whatever the model would have liked. */
  readonly guaranteed: readonly string[];
  /** What a person should know: an act that the model was never taught, for instance. */
  readonly notes: readonly string[];
  readonly finishReason: FinishReason | undefined;
  readonly usage: GenerationUsage;
  /** Of a beam search: other translations, best first, the first being this one. */
  readonly hypotheses: readonly Hypothesis[];
  /** What the model saw, and the tokens that it wrote. */
  readonly written: { readonly prompt: DialoguePrompt; readonly tokens: readonly number[] };
}

/** One state of a translation in the tree of all that were made of a source. Immutable. */
export interface Version {
  readonly id: number;
  /** Undefined for the first. */
  readonly parent: number | undefined;
  /** The translation; that of the parent where the act asked for words about it. */
  readonly translation: string | undefined;
  /** What is asked of this and later translations, the translation included. */
  readonly state: TranslationState;
  /** Undefined where a person wrote the translation. */
  readonly reply: VersionReply | undefined;
  /** Every rule that the state carries, checked. */
  readonly checks: readonly StateVerdict[];
}
