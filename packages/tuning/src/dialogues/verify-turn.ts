import {
  type Act,
  type InstructionLanguage,
  type StateVerdict,
  type TranslationState,
  type Verdict,
  verifyState,
} from "@bayling/core/interaction";
import type { Lexicon } from "../alignment/lexicon.ts";
import { sizeOf } from "./text-words.ts";

/** Everything that is found about a reply. */
export interface TurnVerdict {
  /** Of the act, as the runtime judges it. */
  readonly verdict: Verdict;
  /** Of the state and of the lexicon; of the second the rules `related` and `mentions`. */
  readonly checks: readonly StateVerdict[];
  /** What is carried from here on, with the translation. */
  readonly after: TranslationState;
  /** Why the turn cannot be taught; undefined for one that can. */
  readonly problem: string | undefined;
}

export interface TurnCheck {
  readonly act: Act;
  readonly reply: string;
  readonly before: TranslationState;
  readonly language: InstructionLanguage;
  /** What has to be in words about a translation. */
  readonly mentions?: readonly string[] | undefined;
  /** The lexicon of two languages, if there is one. */
  lexiconFor(language: string, other: string): Lexicon | undefined;
}

/** Unrelated sentences reach this in one case of a hundred, translations miss it in one of a hundred. */
const leastRelated = 1;

/** What is a name may be the same in both languages; a source of more words that stands there again is no translation. */
const longestName = 3;

/** Kinds whose check can decide: then it has to. */
const kindsThatMustPass: ReadonlySet<string> = new Set([
  ...[
    "include-terms",
    "forbid-terms",
    "glossary",
    "keep-untranslated",
    "shorten",
    "lengthen",
    "set-length",
    "set-register",
  ],
  ...["keep-prefix", "insert", "replace", "delete"],
]);

/**
 * Judges a reply as the runtime does, and then by what the runtime cannot know: whether a lexicon finds the source in it,
 * and whether it changed at all. Stricter than the runtime where that says "unknown": what is taught has to be sure.
 */
export function verifyTurn(check: TurnCheck): TurnVerdict {
  const { act, reply, before } = check;
  const carried = act.apply(before);
  const asked = act.forReply?.(carried) ?? carried;
  const verdict = act.verify(reply, { before, after: asked });
  const isTranslation = act.replies === "translation";
  const checks = [
    ...(isTranslation ? verifyState(reply, asked) : []),
    ...(isTranslation ? translationChecks(check, asked) : textChecks(check)),
  ];
  const after = isTranslation ? { ...carried, translation: reply } : carried;
  return { verdict, checks, after, problem: problemOf(check, asked, verdict, checks) };
}

function problemOf(
  { act, reply, before }: TurnCheck,
  { from, to, source }: TranslationState,
  verdict: Verdict,
  checks: readonly StateVerdict[],
): string | undefined {
  if (verdict.outcome === "fail") return `act: ${verdict.reason}`;
  const failed = checks.find((entry) => entry.verdict.outcome === "fail");
  if (failed !== undefined) return `${failed.rule}: ${failed.verdict.reason}`;
  if (verdict.outcome !== "pass" && kindsThatMustPass.has(act.kind)) return `act: undecided, ${verdict.reason}`;
  if (act.replies !== "translation") return undefined;
  if (from !== to && bare(reply) === bare(source) && sizeOf(source, from) > longestName)
    return "copy: it is the source again";
  return bare(reply) === bare(before.translation ?? "") ? "act: nothing has changed" : undefined;
}

function bare(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
}

function translationChecks({ reply, before, lexiconFor }: TurnCheck, asked: TranslationState): readonly StateVerdict[] {
  const lexicon = lexiconFor(asked.from, asked.to);
  if (lexicon !== undefined) return [related(lexicon, asked.source, asked.from, reply)];
  // Through a third language: the last translation says the same.
  const pivot = before.translation === undefined ? undefined : lexiconFor(before.to, asked.to);
  return pivot === undefined ? [] : [related(pivot, before.translation!, before.to, reply)];
}

function textChecks({ act, reply, before, language, mentions = [], lexiconFor }: TurnCheck): readonly StateVerdict[] {
  const checks: StateVerdict[] = [];
  const lexicon = lexiconFor(before.from, before.to);
  const { translation = "" } = before;
  if (lexicon !== undefined && act.kind === "back-translate")
    checks.push(related(lexicon, reply, before.from, translation));
  if (lexicon !== undefined && act.kind === "alternatives") {
    const part = "text" in act.data ? String(act.data.text) : undefined;
    for (const line of reply.split("\n").map((item) => item.replace(/^\d+\. /u, ""))) {
      const whole = part === undefined ? line : translation.replace(part, line);
      checks.push(related(lexicon, before.source, before.from, whole));
      const limit = part === undefined ? Number.POSITIVE_INFINITY : sizeOf(part, before.to) + 1;
      checks.push(judged("size", sizeOf(line, before.to) <= limit, "it is about as long as what it stands for"));
      if (part !== undefined)
        checks.push(judged("end", endMark(line) === endMark(part), "it ends as what it stands for"));
    }
  }
  const isCopy = [translation, act.kind === "back-translate" ? "" : before.source].some(
    (text) => bare(text) === bare(reply),
  );
  checks.push(judged("copy", !isCopy, "it is neither the source nor the translation"));
  for (const part of mentions) {
    checks.push(judged(`mention "${part}"`, reply.includes(part), `it speaks of "${part}"`));
  }
  if (mentions.length > 0) checks.push({ rule: "answer", verdict: speaks(reply, language) });
  return checks;
}

/** What ends a sentence at the end of a text; empty for a part of one. */
function endMark(text: string): string {
  return /[.!?…。！？]*$/u.exec(text.trim())![0];
}

function judged(rule: string, isMet: boolean, reason: string): StateVerdict {
  return { rule, verdict: { outcome: isMet ? "pass" : "fail", reason: isMet ? reason : `not so: ${reason}` } };
}

/** Whether words about a translation are in the language of the question, by its script. */
function speaks(reply: string, language: InstructionLanguage): Verdict {
  const said = reply.replace(/[“„][^“”]*[”“]/gu, "");
  const isHan = /\p{Script=Han}/u.test(said);
  return isHan === (language === "zh") && said.trim().length > 2
    ? { outcome: "pass", reason: "it answers in the language of the question" }
    : { outcome: "fail", reason: "it does not answer in the language of the question" };
}

function related(lexicon: Lexicon, text: string, language: string, other: string): StateVerdict {
  const value = lexicon.relatedness(text, language, other);
  const shown = value.toFixed(1);
  return {
    rule: "related",
    verdict:
      value >= leastRelated
        ? { outcome: "pass", reason: `the words go with those of the other text: ${shown}` }
        : { outcome: "fail", reason: `the words have little to do with those of the other text: ${shown}` },
  };
}
