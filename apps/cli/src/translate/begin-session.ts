import { BayLingError } from "@bayling/core";
import type { SegmentContext, TranslationSession, Translator } from "@bayling/core/interaction";

/** How many texts before it a text is translated with. */
export const contextSize = 2;

/**
 * Opens a session, and asks for its first turn, with as much context as there is room for.
 * @throws BayLingError as `translator.open` and `session.apply`
 */
export function beginSession<Turn>(
  translator: Translator,
  source: string,
  context: readonly SegmentContext[],
  ask: (session: TranslationSession) => Turn,
): { readonly session: TranslationSession; readonly turn: Turn } {
  const session = translator.open(source, { context });
  try {
    return { session, turn: ask(session) };
  } catch (error) {
    session.dispose();
    const full = BayLingError.isInstance(error) && error.code === "context-full";
    if (!full || context.length === 0) throw error;
    return beginSession(translator, source, context.slice(1), ask);
  }
}
