import type { Verdict } from "./act.ts";
import type { LanguageDetector } from "./detect-language.ts";
import type { TranslationState } from "./translation-state.ts";
import { fail } from "./verdict.ts";
import { checkFormats } from "./verifiers/formats.ts";
import { checkLanguage } from "./verifiers/language.ts";
import { checkLength } from "./verifiers/length.ts";
import { checkNoRefusal, checkNoTalk } from "./verifiers/manners.ts";
import { checkNumbers } from "./verifiers/numbers.ts";
import { checkPrefix } from "./verifiers/prefix.ts";
import { checkProtectedSpans } from "./verifiers/protected-spans.ts";
import { checkRegister } from "./verifiers/register.ts";
import { checkNoLoop } from "./verifiers/repetition.ts";
import { checkExcludes, checkGlossaryEntry, checkRequired } from "./verifiers/terms.ts";
import { checkNotCopied } from "./verifiers/unchanged.ts";

/** What one rule says about a reply. */
export interface StateVerdict {
  /** Names the rule: `language`, `include "ledger"`, `length`. */
  readonly rule: string;
  readonly verdict: Verdict;
}

export interface VerifyOptions {
  /** Tells languages of one script apart. Default: `detectLanguage`. */
  readonly detectLanguage?: LanguageDetector | undefined;
}

/**
 * Whether a reply is a translation that can be used, by all that can be decided without knowing what it means: language,
 * numbers, tags and addresses, no copy, no talk, no refusal, no loop.
 */
export function checkFaithful(
  reply: string,
  state: TranslationState,
  options: VerifyOptions = {},
): readonly StateVerdict[] {
  const { from, to, source } = state;
  if (reply.trim() === "") return [{ rule: "reply", verdict: fail("the reply is empty") }];
  const found: StateVerdict[] = [{ rule: "language", verdict: checkLanguage(reply, to, options.detectLanguage) }];
  const add = (rule: string, verdict: Verdict | undefined) => {
    if (verdict !== undefined) found.push({ rule, verdict });
  };
  add("numbers", checkNumbers(reply, source, { from, to: state.formats ?? to }));
  add("spans", checkProtectedSpans(reply, source));
  if (from !== to) add("copy", checkNotCopied(reply, source));
  add("talk", checkNoTalk(reply, source));
  add("refusal", checkNoRefusal(reply, source));
  add("loop", checkNoLoop(reply, source));
  return found;
}

/** Checks a translation against everything that its state carries, a verdict for each rule. */
export function verifyState(
  reply: string,
  state: TranslationState,
  options: VerifyOptions = {},
): readonly StateVerdict[] {
  const found = [...checkFaithful(reply, state, options)];
  const add = (rule: string, verdict: Verdict | undefined) => {
    if (verdict !== undefined) found.push({ rule, verdict });
  };
  const { required, forbidden, glossary, length, register, formats, prefix, source, to } = state;
  for (const term of required) add(`include "${term.forms[0]}"`, checkRequired(reply, term, source));
  for (const term of forbidden) add(`forbid "${term.term}"`, checkExcludes(reply, term));
  for (const entry of glossary) add(`glossary "${entry.source}"`, checkGlossaryEntry(reply, entry, source));
  if (length !== undefined) add("length", checkLength(reply, length));
  if (register !== undefined) add("register", checkRegister(reply, register, to));
  if (formats !== undefined) add("formats", checkFormats(reply, formats));
  if (prefix !== undefined) add("prefix", checkPrefix(reply, prefix));
  return found;
}
