import type { Model } from "@bayling/core";
import { createTranslator, type Translator, type TranslatorOptions } from "@bayling/core/interaction";
import type { Context } from "../context.ts";
import { openModel, sequencesFor } from "../open-model.ts";
import type { ModelFlags } from "../options/model-options.ts";
import type { TranslationFlags } from "../options/translation-options.ts";

/** The options of `bayling translate`. */
export interface TranslateFlags extends TranslationFlags, Omit<ModelFlags, "context"> {
  readonly contextLength?: number;
  readonly context?: true;
  readonly document?: true;
  readonly output?: string;
  readonly overwrite?: true;
  readonly words?: true;
  readonly json?: true;
}

/** What is to be done, and by which model. */
export interface TranslationTask {
  /** A path or URL of the model. */
  readonly source: string;
  readonly flags: TranslateFlags;
  readonly options: TranslatorOptions;
}

export interface OpenedTranslator {
  readonly model: Model;
  readonly translator: Translator;
  readonly loadSeconds: number;
}

/** Room for the beam search that many models were taught with, and for looking at words meanwhile. */
const leastSequences = 8;

/** Loads the model, which is to be disposed. */
export async function openTranslator(
  { source, flags, options }: TranslationTask,
  context: Context,
  signal: AbortSignal,
): Promise<OpenedTranslator> {
  const { context: lookBack, contextLength, ...others } = flags;
  // `--context` means something else here.
  const modelFlags: ModelFlags = contextLength === undefined ? others : { ...others, context: contextLength };
  const sequences = Math.max(leastSequences, sequencesFor(flags.beams));
  const { model, loadSeconds } = await openModel(context, source, modelFlags, { sequences, signal });
  try {
    return { model, translator: await createTranslator(model, options), loadSeconds };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** What people should know of a model before they rely on it. */
export function doubtsAbout({ profile, from, to }: Translator): string[] {
  if (profile.name === "completion") {
    return [
      "This model was taught neither to translate nor to chat: it goes on writing, and what it writes may be anything.",
    ];
  }
  const taught = (tag: string) =>
    profile.languages === "any" || profile.languages.includes(tag) || profile.languages.includes(tag.split("-")[0]!);
  const unknown = [from, to].filter((tag) => !taught(tag));
  if (unknown.length === 0) return [];
  return [`This model (${profile.name}) was not taught ${unknown.join(" and ")}: expect mistakes.`];
}
