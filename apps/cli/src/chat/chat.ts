import type { ChatSession, FinishReason, Generation, GenerationUsage, Model } from "@bayling/core";
import { GenerationStopwatch, type GenerationTimes } from "../generation-stopwatch.ts";

/** How a reply went. */
export interface ReplyReport {
  readonly text: string;
  /** `undefined` when it was stopped. */
  readonly finishReason: FinishReason | undefined;
  readonly usage: GenerationUsage;
  readonly times: GenerationTimes;
}

export interface ReplyListener {
  /** Older turns had to be forgotten, this many. */
  onForgotten(turns: number): void;
  onText(text: string): Promise<void>;
}

/** A model in conversation. */
export class Chat {
  readonly model: Model;
  readonly session: ChatSession;
  lastReply: ReplyReport | undefined;

  constructor(model: Model, session: ChatSession) {
    this.model = model;
    this.session = session;
  }

  /** Where the messages of the user stand among all: each begins a turn. */
  get turns(): readonly number[] {
    return this.session.messages.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  }

  /** How many of the oldest turns the model does not see any more. */
  get forgottenTurns(): number {
    return this.turns.filter((index) => index < this.session.forgottenMessages).length;
  }

  /** Tokens of all that the model still sees of the dialogue. */
  get contextTokens(): number {
    return this.session.messages.length === 0 ? 0 : this.session.prompt().tokens.length;
  }

  /**
   * Passes a reply of the session on as it comes.
   * @throws the signal's reason; BayLingError
   */
  async read(generation: Generation, { onForgotten, onText }: ReplyListener): Promise<ReplyReport> {
    const forgottenBefore = this.forgottenTurns;
    const stopwatch = new GenerationStopwatch();
    let text = "";
    let first = true;
    try {
      for await (const token of generation) {
        stopwatch.tick();
        const forgotten = first ? this.forgottenTurns - forgottenBefore : 0;
        first = false;
        if (forgotten > 0) onForgotten(forgotten);
        text += token.text;
        await onText(token.text);
      }
    } finally {
      const { finishReason, usage } = generation;
      this.lastReply = { text, finishReason, usage, times: stopwatch.times(usage.generatedTokens) };
    }
    return this.lastReply;
  }
}
