import type { ChatTemplate, FinishReason, GenerateOptions, GenerationUsage, Model, TextPart } from "@bayling/core";
import { GenerationStopwatch, type GenerationTimes } from "../generation-stopwatch.ts";
import { Conversation } from "./conversation.ts";

/** How the last reply went. */
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

/** A model in conversation. The KV cache of the unchanged beginning is used again from turn to turn. */
export class ChatSession {
  readonly model: Model;
  readonly template: ChatTemplate;
  readonly conversation: Conversation;
  lastReply: ReplyReport | undefined;
  readonly #options: GenerateOptions;

  constructor(model: Model, template: ChatTemplate, options: GenerateOptions, system: string | undefined) {
    this.model = model;
    this.template = template;
    this.conversation = new Conversation(system);
    this.#options = options;
  }

  /** Tokens of what the model sees now. */
  get promptTokens(): number {
    return this.#encode().length;
  }

  /**
   * Asks, and passes the answer on as it comes. When it is stopped, what was written so far counts as the answer; when
   * it fails before a word was written, the question is taken back.
   * @throws the signal's reason; BayLingError
   */
  async reply(question: string, signal: AbortSignal, { onForgotten, onText }: ReplyListener): Promise<ReplyReport> {
    const { conversation, model } = this;
    conversation.ask(question);
    let text = "";
    try {
      const prompt = this.#fitPrompt(onForgotten);
      const generation = model.generate(prompt, { ...this.#options, signal });
      const stopwatch = new GenerationStopwatch();
      try {
        for await (const token of generation) {
          stopwatch.tick();
          text += token.text;
          await onText(token.text);
        }
      } finally {
        const { finishReason, usage } = generation;
        this.lastReply = { text, finishReason, usage, times: stopwatch.times(usage.generatedTokens) };
      }
      conversation.answer(text);
      return this.lastReply;
    } catch (error) {
      if (text === "") conversation.undo();
      else conversation.answer(text);
      throw error;
    }
  }

  /** Forgets old turns until a reply has room, too. */
  #fitPrompt(onForgotten: (turns: number) => void): number[] {
    const { contextLength } = this.model;
    const room = Math.min(this.#options.maxTokens ?? contextLength >> 2, contextLength >> 1);
    let prompt = this.#encode();
    let forgotten = 0;
    while (prompt.length + room > contextLength && this.conversation.forgetOldest()) {
      forgotten++;
      prompt = this.#encode();
    }
    if (forgotten > 0) onForgotten(forgotten);
    return prompt;
  }

  #encode(): number[] {
    const { tokenizer } = this.model;
    const parts = this.template.render(this.conversation.messages);
    return tokenizer.encode(parts, { addBos: beginsWithBos(parts, this.model) ? false : undefined });
  }
}

/** Many templates write the beginning-of-sequence token themselves; a second one would confuse the model. */
function beginsWithBos([first]: readonly TextPart[], { tokenizer }: Model): boolean {
  const { bosToken } = tokenizer;
  if (bosToken === undefined || first === undefined || !first.parseSpecial) return false;
  return first.text.startsWith(tokenizer.tokenText(bosToken));
}
