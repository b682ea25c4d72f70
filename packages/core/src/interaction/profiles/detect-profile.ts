import { invalidArgument } from "../../check-argument.ts";
import type { GgufMetadata } from "../../formats/gguf-metadata.ts";
import { readTeaching, type Teaching } from "../../formats/teaching.ts";
import { modelNames } from "../../prompt/model-names.ts";
import type { InstructionLanguage } from "../act.ts";
import { actsProfile } from "./acts.ts";
import { almaProfile, completionProfile, xAlmaProfile } from "./alma.ts";
import { bayling2Profile, baylingProfile } from "./bayling.ts";
import { chatProfile } from "./chat.ts";
import { euroLlmProfile, euroLlmSmallProfile } from "./eurollm.ts";
import { qwen3Profile } from "./qwen-3.ts";
import { seedXProfile } from "./seed-x.ts";
import { towerInstructProfile } from "./tower-instruct.ts";
import type { TranslationProfile } from "./translation-profile.ts";

/** The profiles that come with the library, each under its name. */
export const translationProfiles: readonly TranslationProfile[] = [
  ...[baylingProfile, bayling2Profile, towerInstructProfile, almaProfile, xAlmaProfile, euroLlmProfile],
  ...[euroLlmSmallProfile, seedXProfile, qwen3Profile, actsProfile, chatProfile, completionProfile],
];

/** The first that fits a name counts. */
const byName: readonly (readonly [name: RegExp, profile: TranslationProfile])[] = [
  [/bayling-?2/, bayling2Profile],
  [/bayling/, baylingProfile],
  [/tower-?instruct/, towerInstructProfile],
  [/\bx-?alma\b/, xAlmaProfile],
  [/\balma\b(?!.*pretrain)/, almaProfile],
  [/eurollm.*1\.7b.*instruct/, euroLlmSmallProfile],
  [/eurollm.*instruct/, euroLlmProfile],
  [/seed-?x/, seedXProfile],
  [/qwen-?3/, qwen3Profile],
];

/** Templates that nothing but BayLing was taught with. */
const byTemplate: ReadonlyMap<string | undefined, TranslationProfile> = new Map([
  ["bayling", baylingProfile],
  ["bayling-3", bayling2Profile],
  ["seed-x", seedXProfile],
  ["plain", completionProfile],
  ["line", completionProfile],
]);

/**
 * How a model was taught to translate, by what a recipe of `@bayling/tuning` wrote into its file; else by what its file
 * calls it; else by its template; else as any chat model.
 * @param templateName of the template that it speaks; without it, a model of unknown name counts as one that chats
 */
export function detectProfile(metadata: GgufMetadata, templateName?: string): TranslationProfile {
  const teaching = readTeaching(metadata);
  if (teaching !== undefined) return taughtProfile(teaching);
  for (const name of modelNames(metadata)) {
    const found = byName.find(([pattern]) => pattern.test(name));
    if (found !== undefined) return found[1];
  }
  return byTemplate.get(templateName) ?? chatProfile;
}

function taughtProfile({ languages, instructionLanguages }: Teaching): TranslationProfile {
  const isKnown = (language: string): language is InstructionLanguage => /^(?:en|zh|de)$/.test(language);
  return {
    ...actsProfile,
    languages: languages.length === 0 ? "any" : languages,
    instructionLanguage: instructionLanguages.find(isKnown) ?? actsProfile.instructionLanguage,
  };
}

/** @throws BayLingError `argument-invalid` with the names that there are */
export function profileByName(name: string): TranslationProfile {
  const profile = translationProfiles.find((profile) => profile.name === name);
  if (profile !== undefined) return profile;
  throw invalidArgument("profile", `one of ${translationProfiles.map(({ name }) => name).join(", ")}`, name);
}
