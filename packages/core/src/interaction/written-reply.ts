import type { Generation } from "../generation/generation.ts";
import type { GeneratedToken } from "../generation/text-stream.ts";
import type { DialoguePrompt } from "../prompt/dialogue-encoder.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Act } from "./act.ts";
import { keptConstraints } from "./kept-constraints.ts";
import type { SessionSettings } from "./session-settings.ts";
import type { TranslationState } from "./translation-state.ts";
import type { TurnPlan } from "./turn-plan.ts";
import type { VersionReply } from "./version.ts";
import { spellTokens } from "./word-scores.ts";

/** What was written in a turn. */
export interface Written {
  readonly generation: Generation;
  readonly tokens: readonly GeneratedToken[];
  /** The tokens of the reply that the prompt held already. */
  readonly fed: readonly number[];
  readonly prompt: DialoguePrompt;
  readonly notes: readonly string[];
}

/** The reply of a turn: its text, cleaned of what is none of it, what of it is guaranteed, and the verdict on its act. */
export function writtenReply(
  written: Written,
  { act, plan, before }: { readonly act: Act; readonly plan: TurnPlan; readonly before: TranslationState },
  { profile, spaceBeforeReply }: Pick<SessionSettings, "profile" | "spaceBeforeReply">,
  tokenizer: Tokenizer,
): VersionReply {
  const { generation, fed, prompt, notes } = written;
  const { asked, constraints, instruction } = plan;
  const isTranslation = act.replies === "translation";
  const tokens = [...fed, ...written.tokens.map(({ token }) => token)];
  // A stop string cuts the text of the last token.
  const raw =
    generation.finishReason === "stop"
      ? spellTokens(tokenizer, fed) + written.tokens.map(({ text }) => text).join("")
      : spellTokens(tokenizer, tokens);
  const ownSpace = isTranslation && beginsWithSpace(asked.prefix) ? " " : "";
  const spaced = spaceBeforeReply && raw.startsWith(` ${ownSpace}`) ? raw.slice(1) : raw;
  const cleaned = profile.clean(spaced, isTranslation ? asked.source : undefined);
  // A prefix that was typed stays as it is, and so does what a guarantee would be lost with.
  const [keptCleaned, keptSpaced] = [keptConstraints(constraints, cleaned), keptConstraints(constraints, spaced)];
  const isKept = (isTranslation && asked.prefix !== undefined) || keptCleaned.length < keptSpaced.length;
  const text = isKept ? spaced : cleaned;
  return {
    ...{ act, instruction, text, isVerbatim: text === spaced },
    verdict: act.verify(text, { before, after: asked }),
    guaranteed: (isKept ? keptSpaced : keptCleaned).map(({ name }) => name),
    ...{ notes, finishReason: generation.finishReason, usage: generation.usage },
    ...{ hypotheses: generation.hypotheses, written: { prompt, tokens } },
  };
}

function beginsWithSpace(prefix: string | Uint8Array | undefined): boolean {
  return typeof prefix === "string" ? prefix.startsWith(" ") : prefix?.[0] === 0x20;
}
