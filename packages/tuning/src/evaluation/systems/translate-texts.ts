import { type RunItemsOptions, runItems } from "../run-items.ts";
import type { InteractiveSystem, TextToTranslate } from "./interactive-system.ts";

/** Translates texts, some at a time, in their order; one line each, as files of hypotheses have them. */
export function translateTexts(
  system: InteractiveSystem,
  texts: readonly TextToTranslate[],
  options: Omit<RunItemsOptions<string>, "concurrency"> = {},
): Promise<string[]> {
  const numbered = texts.map((text, index) => ({ text, key: String(index) }));
  const translate = async ({ text }: (typeof numbered)[number], signal: AbortSignal) => {
    const dialogue = await system.open(text);
    try {
      return (await dialogue.translate(signal)).trim().replace(/\s*\n\s*/gu, " ");
    } finally {
      dialogue.dispose();
    }
  };
  return runItems(numbered, ({ key }) => key, translate, { ...options, concurrency: system.concurrency });
}
