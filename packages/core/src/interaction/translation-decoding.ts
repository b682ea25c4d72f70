import { invalidArgument } from "../check-argument.ts";
import type { GenerateOptions } from "../generation/generation-options.ts";
import type { Act } from "./act.ts";
import type { ApplyOptions, SessionSettings } from "./session-settings.ts";
import type { TranslationModel } from "./translation-model.ts";
import type { TurnPlan } from "./turn-plan.ts";

/** Room for words about a translation. */
const textTokens = 512;

/** How a reply is decoded: as the profile says, then the mode, then the session's and the turn's own options. */
export function decodingFor(
  act: Act,
  { asked }: TurnPlan,
  { profile, mode: sessionMode, decoding }: SessionSettings,
  options: ApplyOptions,
  { tokenizer, contextLength, capabilities }: TranslationModel,
): GenerateOptions & { readonly maxTokens: number } {
  const mode = options.mode ?? sessionMode;
  const modeOptions = mode === "draft" ? { ...profile.drafting, beams: 1 } : act.replies === "text" ? { beams: 1 } : {};
  const merged = { ...profile.decoding, ...decoding, ...modeOptions, ...options.decoding };
  const draws = (merged.temperature ?? 0) > 0 && options.decoding?.beams === undefined;
  const beams = draws ? 1 : checkCount("beams", merged.beams ?? 1);
  const sourceTokens = tokenizer.encode(asked.source, { addBos: false }).length;
  const wanted = merged.maxTokens ?? (act.replies === "text" ? textTokens : 4 * sourceTokens + 64);
  return {
    ...merged,
    maxTokens: Math.max(1, Math.min(checkCount("maxTokens", wanted), contextLength >> 1)),
    beams: Math.min(beams, capabilities.maxSequences),
  };
}

function checkCount(field: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw invalidArgument(field, "an integer from 1 on", value);
}
