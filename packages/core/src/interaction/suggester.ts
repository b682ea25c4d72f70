import type { Constraint } from "../generation/constraints/constraint.ts";
import { keepPrefix, splitPrefix } from "../generation/constraints/keep-prefix.ts";
import { OwnSequence } from "../generation/own-sequence.ts";
import type { TranslationModel } from "./translation-model.ts";

export interface SuggestOptions {
  /** Default 12. */
  readonly maxTokens?: number | undefined;
  /** Called with the continuation so far, as soon as there is some. */
  readonly onText?: ((continuation: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a translation may go on from what a person has typed. */
export interface Suggestion {
  /** Follows the last typed character, and may complete its word. */
  readonly continuation: string;
  /** A later call took its place, and it was given up. */
  readonly superseded: boolean;
}

export interface SuggestionRequest {
  readonly prompt: readonly number[];
  readonly typed: string;
  readonly constraints: readonly Constraint[];
  readonly leadingSpace: boolean;
  readonly stopTokens: readonly number[];
}

/**
 * Continues what is being typed, one request at a time: a new one ends the one before, and goes on from what both have in
 * common. It has a sequence of its own, so that typing costs the session nothing.
 */
export class Suggester {
  readonly #model: TranslationModel;
  readonly #sequence: OwnSequence;
  #running: { readonly controller: AbortController; readonly done: Promise<unknown> } | undefined;
  #latest = 0;

  constructor(model: TranslationModel) {
    this.#model = model;
    this.#sequence = new OwnSequence(model);
  }

  /** @throws BayLingError as `model.generate`; the signal's reason */
  async suggest(
    request: () => SuggestionRequest,
    { maxTokens = 12, onText, signal }: SuggestOptions,
  ): Promise<Suggestion> {
    const turn = ++this.#latest;
    this.#running?.controller.abort();
    // What is aborted still holds the sequence for a moment.
    while (this.#running !== undefined) await this.#running.done;
    signal?.throwIfAborted();
    if (turn !== this.#latest) return { continuation: "", superseded: true };
    const controller = new AbortController();
    const run = this.#continue(request(), maxTokens, onText, AbortSignal.any([controller.signal, ...some(signal)]));
    const done = run
      .catch(() => {})
      .finally(() => {
        this.#running = undefined;
      });
    this.#running = { controller, done };
    try {
      return { continuation: await run, superseded: false };
    } catch (error) {
      if (controller.signal.aborted && signal?.aborted !== true) return { continuation: "", superseded: true };
      throw error;
    } finally {
      await done;
    }
  }

  dispose(): void {
    this.#running?.controller.abort();
    this.#sequence.dispose();
  }

  async #continue(
    { prompt, typed, constraints, leadingSpace, stopTokens }: SuggestionRequest,
    maxTokens: number,
    onText: SuggestOptions["onText"],
    signal: AbortSignal,
  ): Promise<string> {
    const { tokenizer } = this.#model;
    const { tokens, begun, rest } = splitPrefix(tokenizer, typed, { leadingSpace });
    const fed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(begun);
    const generation = this.#model.generate([...prompt, ...tokens], {
      // What completes the typed word takes tokens, too.
      maxTokens: maxTokens + rest.length,
      ...{ constraints: [keepPrefix(typed), ...constraints], begun, leadingSpace, stopTokens, stop: "\n", signal },
      sequence: await this.#sequence.take(),
    });
    let text = fed;
    let shown = "";
    let count = 0;
    for await (const token of generation) {
      text += token.text;
      if (leadingSpace && tokens.length === 0 && text.startsWith(" ") && !typed.startsWith(" ")) text = text.slice(1);
      if (text.length <= typed.length) continue;
      const continuation = text.slice(typed.length);
      if (continuation !== shown) onText?.(continuation);
      shown = continuation;
      if (++count >= maxTokens) break;
    }
    return shown;
  }
}

function some<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
