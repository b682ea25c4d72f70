import type { Act } from "@bayling/core/interaction";

/** A text that is to be translated. */
export interface TextToTranslate {
  /** BCP 47. */
  readonly from: string;
  readonly to: string;
  readonly source: string;
  /** Words that the translation has to contain, asked for together with it. */
  readonly terms?: readonly string[] | undefined;
}

/** A system that translates and is steered turn by turn. */
export interface InteractiveSystem {
  /** As tables show it. */
  readonly name: string;
  /** All that decides its replies; a run that goes on has to have the same. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** How many dialogues it can hold at a time. */
  readonly concurrency: number;
  open(text: TextToTranslate): Promise<SteeredDialogue>;
}

/** One dialogue with such a system. */
export interface SteeredDialogue {
  /** The first translation, without words around it. */
  translate(signal?: AbortSignal): Promise<string>;
  /** The reply to an act; a translation comes without words around it. */
  reply(act: Act, instruction: string, signal?: AbortSignal): Promise<string>;
  /** Puts another text in place of the last reply, a translation or words about it: the dialogue goes on from there. */
  settle(reply: string, replies: Act["replies"]): void;
  /** How the translation goes on that a person types; absent where a system cannot say. */
  suggest?(typed: string, signal?: AbortSignal): Promise<string>;
  dispose(): void;
}
