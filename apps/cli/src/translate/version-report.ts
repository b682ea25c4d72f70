import type { FinishReason } from "@bayling/core";
import type { TranslationProfile, Version, WordScore } from "@bayling/core/interaction";

/** What a version is, for programs. */
export interface VersionReport {
  readonly translation: string;
  readonly verdicts: readonly { readonly rule: string; readonly outcome: string; readonly reason: string }[];
  readonly notes: readonly string[];
  /** What decoding enforced. */
  readonly guaranteed: readonly string[];
  readonly finishReason: FinishReason | undefined;
  readonly hypotheses?: readonly { readonly text: string; readonly score: number; readonly logprob: number }[];
  readonly words?: readonly Pick<WordScore, "text" | "start" | "end" | "confidence" | "logprob">[];
}

export interface ReportOptions {
  readonly profile: TranslationProfile;
  readonly source: string;
  /** With the other translations of the beam search. */
  readonly hypotheses: boolean;
  readonly words?: readonly WordScore[] | undefined;
}

export function reportVersion(
  { translation = "", checks, reply }: Version,
  { profile, source, hypotheses, words }: ReportOptions,
): VersionReport {
  return {
    translation,
    verdicts: checks.map(({ rule, verdict }) => ({ rule, ...verdict })),
    notes: reply?.notes ?? [],
    guaranteed: reply?.guaranteed ?? [],
    finishReason: reply?.finishReason,
    ...(hypotheses && {
      hypotheses: (reply?.hypotheses ?? []).map(({ text, score, logprob }) => ({
        ...{ text: profile.clean(text, source), score, logprob },
      })),
    }),
    ...(words !== undefined && {
      words: words.map(({ text, start, end, confidence, logprob }) => ({ text, start, end, confidence, logprob })),
    }),
  };
}
