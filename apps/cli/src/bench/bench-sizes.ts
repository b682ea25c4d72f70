import { UsageError } from "../exit-codes.ts";

export interface BenchSizes {
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  readonly repetitions: number;
}

export interface SizeFlags {
  readonly prefill?: number;
  readonly decode?: number;
  readonly repetitions: number;
}

/** Tokens of the prompt, and tokens to write. */
export interface UsualSizes {
  readonly prefill: number;
  readonly decode: number;
}

/** The sizes that were asked for, or the usual ones as far as they fit. */
export function chooseSizes(
  { prefill, decode, repetitions }: SizeFlags,
  contextLength: number,
  usual: UsualSizes,
): BenchSizes {
  const prefillTokens = prefill ?? Math.max(1, Math.min(usual.prefill, contextLength - (decode ?? contextLength >> 1)));
  const decodeTokens = decode ?? Math.max(1, Math.min(usual.decode, contextLength - prefillTokens));
  if (prefillTokens + decodeTokens <= contextLength) return { prefillTokens, decodeTokens, repetitions };
  throw new UsageError(
    `${prefillTokens} tokens of prefill and ${decodeTokens} of decode do not fit into a context of ${contextLength}: ` +
      "make one of them smaller, or --context larger",
  );
}
