import type { Semaphore } from "../generation/semaphore.ts";
import type { Translator } from "../interaction/translator.ts";

/** How a model's translator is used. */
export interface TranslationRun {
  readonly translator: Translator;
  readonly permits: Semaphore;
  /** Sequences that one sentence takes. */
  readonly sequences: number;
}

/**
 * Translates a text sentence by sentence, each with those before it in view. The pieces together are the translation, in
 * the layout of the text. Between sentences others have their turn.
 * @throws as `document.translate()`; the signal's reason
 */
export async function* translateDocument(
  { translator, permits, sequences }: TranslationRun,
  text: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const document = translator.openDocument(text);
  const ends = segmentStarts(text, document.sources).slice(1);
  ends.push(text.length);
  const steps = document.translate({ signal });
  let given = 0;
  try {
    for (const end of ends) {
      const release = await permits.acquire(sequences, signal);
      try {
        await steps.next();
      } finally {
        release();
      }
      // What is not translated yet stands at the end as it was.
      const { text: soFar } = document;
      const done = soFar.length - (text.length - end);
      yield soFar.slice(given, done);
      given = done;
    }
  } finally {
    document.dispose();
  }
}

function segmentStarts(text: string, segments: readonly string[]): number[] {
  let end = 0;
  return segments.map((segment) => {
    const start = text.indexOf(segment, end);
    end = start + segment.length;
    return start;
  });
}
