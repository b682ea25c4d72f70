import type { ChatMessage } from "../prompt/chat-template.ts";
import type { DialogueMessage, WrittenReply } from "../prompt/dialogue-encoder.ts";

/** Dialogues that go on at the same time, more or less. */
const mostReplies = 16;

/**
 * The tokens of replies that a model wrote a while ago. The AI SDK sends every dialogue as text, and text encoded anew
 * may give other tokens than those in the KV cache.
 */
export class WrittenReplies {
  /** By the dialogue up to and with the reply; the one that was used last at the end. */
  readonly #replies = new Map<string, WrittenReply>();

  /** A dialogue with the tokens of those of its replies that are remembered. */
  recall(system: string | undefined, messages: readonly ChatMessage[]): DialogueMessage[] {
    return messages.map((message, index) => {
      if (message.role !== "assistant") return { message };
      const key = keyOf(system, messages.slice(0, index + 1));
      const written = this.#replies.get(key);
      if (written === undefined) return { message };
      this.#keep(key, written);
      return { message, written };
    });
  }

  /** @param messages with the reply as the last one */
  remember(system: string | undefined, messages: readonly ChatMessage[], written: WrittenReply): void {
    this.#keep(keyOf(system, messages), written);
    if (this.#replies.size > mostReplies) this.#replies.delete(this.#replies.keys().next().value!);
  }

  #keep(key: string, written: WrittenReply): void {
    this.#replies.delete(key);
    this.#replies.set(key, written);
  }
}

function keyOf(system: string | undefined, messages: readonly ChatMessage[]): string {
  return JSON.stringify([system ?? null, ...messages.map(({ role, content }) => [role, content])]);
}

const ofModels = new WeakMap<object, WrittenReplies>();

/** Those of a model, whoever asked for them. */
export function writtenRepliesOf(model: object): WrittenReplies {
  const known = ofModels.get(model) ?? new WrittenReplies();
  ofModels.set(model, known);
  return known;
}
