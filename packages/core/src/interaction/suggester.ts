import { invalidArgument } from "../check-argument.ts";
import { BayLingError } from "../errors.ts";
import type { Constraint } from "../generation/constraints/constraint.ts";
import { keepPrefix, splitPrefix } from "../generation/constraints/keep-prefix.ts";
import { OwnSequence } from "../generation/own-sequence.ts";
import type { TranslationModel } from "./translation-model.ts";

export interface SuggestOptions {
  /** How long the continuation may be: an integer from 1 on. Default 12. */
  readonly maxTokens?: number | undefined;
  /** Called with the continuation so far, as soon as there is some. */
  readonly onText?: ((continuation: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a translation may go on from what a person has typed. */
export interface Suggestion {
  /** Follows the last typed character, and may complete its word; ends before the next line break. */
  readonly continuation: string;
  /** It was given up: a later call took its place, or its session was disposed while it waited or ran. */
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
  #disposed = false;

  constructor(model: TranslationModel) {
    this.#model = model;
    this.#sequence = new OwnSequence(model);
  }

  /**
   * @throws BayLingError `disposed` when it was disposed before the call, `argument-invalid`, as `model.generate`; the
   * signal's reason
   */
  async suggest(
    request: () => SuggestionRequest,
    { maxTokens = 12, onText, signal }: SuggestOptions,
  ): Promise<Suggestion> {
    if (this.#disposed) throw new BayLingError("disposed", { problem: "the session that suggests is disposed" });
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
      throw invalidArgument("maxTokens", "an integer from 1 on", maxTokens);
    }
    if (onText !== undefined && typeof onText !== "function") throw invalidArgument("onText", "a function", onText);
    const turn = ++this.#latest;
    this.#running?.controller.abort();
    // What is aborted still holds the sequence for a moment.
    while (this.#running !== undefined) await this.#running.done;
    signal?.throwIfAborted();
    if (turn !== this.#latest || this.#disposed) return { continuation: "", superseded: true };
    const controller = new AbortController();
    const run = this.#continue(request(), maxTokens, onText, AbortSignal.any([controller.signal, ...some(signal)]));
    const done = run
      .catch(() => {})
      .finally(() => {
        this.#running = undefined;
        // The sequence may have been on its way when the suggester was disposed.
        if (this.#disposed) this.#sequence.dispose();
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

  /** Gives up what waits and runs, and frees the sequence when nothing runs on it any more. May be called twice. */
  dispose(): void {
    this.#disposed = true;
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
    const spaced = leadingSpace && tokens.length === 0;
    const fed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(begun);
    const generation = this.#model.generate([...prompt, ...tokens], {
      // What completes the typed text takes tokens, too.
      maxTokens: maxTokens + rest.length,
      ...{ constraints: [keepPrefix(typed), ...constraints], begun, stopTokens, signal },
      // One space may pass that the constraints do not see, but only where nothing has been fed.
      leadingSpace: spaced,
      // A line break that was typed must not end the text, whether it is fed or written.
      stop: typed.includes("\n") ? [] : "\n",
      sequence: await this.#sequence.take(),
    });
    let text = fed;
    let shown = "";
    let count = 0;
    for await (const token of generation) {
      // What was given up has nothing more to say.
      signal.throwIfAborted();
      text += token.text;
      const lead = spaced && text.startsWith(" ") ? 1 : 0;
      if (text.length <= lead + typed.length) continue;
      const written = text.slice(lead + typed.length);
      const [continuation] = written.split(/[\r\n]/, 1) as [string];
      if (continuation !== shown) onText?.(continuation);
      shown = continuation;
      if (++count >= maxTokens || continuation !== written) break;
    }
    return shown;
  }
}

function some<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
