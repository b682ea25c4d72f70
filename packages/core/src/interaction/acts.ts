import { invalidArgument } from "../check-argument.ts";
import type { Act } from "./act.ts";
import { alternativesType } from "./acts/alternatives.ts";
import { askType } from "./acts/ask.ts";
import { backTranslateType } from "./acts/back-translate.ts";
import { correctType } from "./acts/correct.ts";
import { deleteType } from "./acts/delete.ts";
import { explainType } from "./acts/explain.ts";
import { forbidTermsType } from "./acts/forbid-terms.ts";
import { glossaryType } from "./acts/glossary.ts";
import { includeTermsType } from "./acts/include-terms.ts";
import { insertType } from "./acts/insert.ts";
import { keepPrefixType } from "./acts/keep-prefix.ts";
import { keepUntranslatedType } from "./acts/keep-untranslated.ts";
import { lengthenType } from "./acts/lengthen.ts";
import { releaseType } from "./acts/release.ts";
import { rephraseType } from "./acts/rephrase.ts";
import { replaceType } from "./acts/replace.ts";
import { reviseType } from "./acts/revise.ts";
import { setFormatsType } from "./acts/set-formats.ts";
import { setLengthType } from "./acts/set-length.ts";
import { setRegisterType } from "./acts/set-register.ts";
import { shortenType } from "./acts/shorten.ts";
import { switchLanguageType } from "./acts/switch-language.ts";
import { translateType } from "./acts/translate.ts";
import type { ActType } from "./define-act.ts";

/** Every act that comes with the library. */
export const builtInActs: readonly ActType[] = [
  ...[translateType, includeTermsType, forbidTermsType, glossaryType, keepUntranslatedType],
  ...[shortenType, lengthenType, setLengthType, setRegisterType, setFormatsType, keepPrefixType],
  ...[rephraseType, reviseType, insertType, replaceType, deleteType, correctType],
  ...[explainType, alternativesType, backTranslateType, askType, switchLanguageType, releaseType],
];

/** An act as plain data, for servers, files and data sets: its kind, and its data beside it. */
export interface ActJson {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** An act as plain data that `JSON.stringify` keeps whole; bytes are an array of numbers. */
export function toJson(act: Act): ActJson {
  return { ...(plain(act.data) as object), kind: act.kind };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => (field === undefined ? [] : [[name, plain(field)]])),
  );
}

/**
 * The act that {@link toJson} made this of.
 * @param types built-in acts, and an application's own
 * @throws BayLingError `argument-invalid` that names the field, or the kinds that there are
 */
export function actFromJson(json: unknown, types: readonly ActType[] = builtInActs): Act {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalidArgument("act", "{ kind, … }", json);
  const { kind, ...data } = json as { kind?: unknown };
  const type = types.find((candidate) => candidate.kind === kind);
  if (type !== undefined) return type.create(data);
  throw invalidArgument("kind", `one of ${types.map((candidate) => candidate.kind).join(", ")}`, kind);
}
