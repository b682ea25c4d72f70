import type { GenerateOptions } from "../generation/generation-options.ts";
import type { DialogueEncoder } from "../prompt/dialogue-encoder.ts";
import type { TurnSettings } from "./turn-plan.ts";

/** What turns of a session have in common. */
export interface SessionSettings extends TurnSettings {
  readonly mode: TranslationMode;
  /** Over what profile and mode say. */
  readonly decoding: DecodingOptions;
  readonly encoder: DialogueEncoder;
  readonly stop: Pick<GenerateOptions, "stop" | "stopTokens">;
  readonly spaceBeforeReply: boolean;
}

/** `faithful`: the best translation by the profile's beam search. `draft`: drawn, fast, and different with every seed. */
export type TranslationMode = "faithful" | "draft";

/** Options of generation that a caller may set. */
export type DecodingOptions = Pick<
  GenerateOptions,
  | "maxTokens"
  | "temperature"
  | "topK"
  | "topP"
  | "minP"
  | "repetitionPenalty"
  | "beams"
  | "lengthPenalty"
  | "earlyStopping"
  | "seed"
>;

export interface ApplyOptions {
  readonly signal?: AbortSignal | undefined;
  /** For this turn only. */
  readonly mode?: TranslationMode | undefined;
  readonly decoding?: DecodingOptions | undefined;
  /** Chooses the words of the instruction. */
  readonly seed?: number | undefined;
  /** How this translation begins, byte for byte. */
  readonly prefix?: string | Uint8Array | undefined;
}

export interface AlternativesOptions {
  /** Default 5. */
  readonly count?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
