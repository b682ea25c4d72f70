/** Interactive translation: translators, sessions, the acts that steer them, and the checks that judge replies. */
export type { Act, InstructionLanguage, SayContext, Verdict, VerifyContext } from "./act.ts";
export { type AlternativesData, alternatives, alternativesType, readAlternatives } from "./acts/alternatives.ts";
export { type AskData, ask, askType } from "./acts/ask.ts";
export { backTranslate, backTranslateType } from "./acts/back-translate.ts";
export { type CorrectData, correct, correctType } from "./acts/correct.ts";
export { type DeleteData, deleteText, deleteType } from "./acts/delete.ts";
export { type ExplainData, explain, explainType } from "./acts/explain.ts";
export { type ForbidTermsData, forbidTerms, forbidTermsType } from "./acts/forbid-terms.ts";
export { type GlossaryData, type GlossaryInput, glossary, glossaryType } from "./acts/glossary.ts";
export { type IncludeTermsData, includeTerms, includeTermsType, type TermInput } from "./acts/include-terms.ts";
export { type InsertData, insert, insertType } from "./acts/insert.ts";
export { type KeepPrefixData, keepPrefix, keepPrefixType } from "./acts/keep-prefix.ts";
export { type KeepUntranslatedData, keepUntranslated, keepUntranslatedType } from "./acts/keep-untranslated.ts";
export { type LengthenData, lengthen, lengthenType } from "./acts/lengthen.ts";
export { type ReleasableRule, type ReleaseData, release, releaseType } from "./acts/release.ts";
export { type RephraseData, rephrase, rephraseType } from "./acts/rephrase.ts";
export { type ReplaceData, replace, replaceType } from "./acts/replace.ts";
export { type ReviseData, revise, reviseType } from "./acts/revise.ts";
export { type SetFormatsData, setFormats, setFormatsType } from "./acts/set-formats.ts";
export { type SetLengthData, setLength, setLengthType } from "./acts/set-length.ts";
export { type SetRegisterData, setRegister, setRegisterType } from "./acts/set-register.ts";
export { type ShortenData, shorten, shortenType } from "./acts/shorten.ts";
export { type SwitchLanguageData, switchLanguage, switchLanguageType } from "./acts/switch-language.ts";
export { type TranslateData, translate, translateType } from "./acts/translate.ts";
export { type ActJson, actFromJson, builtInActs, toJson } from "./acts.ts";
export { type Command, commands } from "./commands/commands.ts";
export { checkState } from "./contradictions.ts";
export { type ActDefinition, type ActType, defineAct } from "./define-act.ts";
export { detectLanguage, type LanguageDetector } from "./detect-language.ts";
export type { DocumentApplyOptions, DocumentSession, DocumentStep } from "./document-session.ts";
export { cutSentence } from "./fit-segments.ts";
export { languageName, parseLanguage, parseLocale } from "./language.ts";
export { parseCommand } from "./parse-command.ts";
export { detectProfile, profileByName, translationProfiles } from "./profiles/detect-profile.ts";
export type { SegmentContext, TranslationProfile, TranslationRequest } from "./profiles/translation-profile.ts";
export type { AlternativesOptions, ApplyOptions, DecodingOptions, TranslationMode } from "./session-settings.ts";
export type { Suggestion, SuggestOptions } from "./suggester.ts";
export { joinSegments, type SegmentedText, segmentText, type TextSegment } from "./text-segments.ts";
export type { TranslationModel } from "./translation-model.ts";
export type { TranslationSession } from "./translation-session.ts";
export {
  createState,
  type ForbiddenTerm,
  type GlossaryEntry,
  type LengthLimit,
  type Register,
  type RequiredTerm,
  type TranslationState,
} from "./translation-state.ts";
export {
  createTranslator,
  type DocumentOptions,
  type OpenOptions,
  type Requirements,
  type Translator,
  type TranslatorOptions,
} from "./translator.ts";
export type { Turn } from "./turn.ts";
export { checkFaithful, type StateVerdict, type VerifyOptions, verifyState } from "./verify-state.ts";
export type { Version, VersionReply } from "./version.ts";
export type { WordAlternative } from "./word-alternatives.ts";
export type { WordScore } from "./word-scores.ts";
