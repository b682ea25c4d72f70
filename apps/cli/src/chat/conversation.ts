import type { ChatMessage } from "@bayling/core";

/** A question and its answer; the last one may wait for it. */
export interface Turn {
  readonly user: string;
  reply: string | undefined;
}

/**
 * What was said. The model sees the system prompt and the turns from {@link forgotten} on: the oldest are forgotten
 * when the context is full, but stay in the record.
 */
export class Conversation {
  system: string | undefined;
  readonly #turns: Turn[] = [];
  #forgotten = 0;

  constructor(system: string | undefined) {
    this.system = system;
  }

  /** All turns, forgotten ones included. */
  get turns(): readonly Turn[] {
    return this.#turns;
  }

  /** How many of the oldest turns the model does not see any more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** What the model sees. */
  get messages(): ChatMessage[] {
    return [...this.#systemMessages(), ...this.#turns.slice(this.#forgotten).flatMap(messagesOf)];
  }

  /** Everything that was said. */
  get record(): ChatMessage[] {
    return [...this.#systemMessages(), ...this.#turns.flatMap(messagesOf)];
  }

  ask(user: string): void {
    this.#turns.push({ user, reply: undefined });
  }

  answer(reply: string): void {
    const last = this.#turns.at(-1);
    if (last !== undefined) last.reply = reply;
  }

  /** Forgets the oldest turn that the model still sees, but never the last one. @returns whether there was one */
  forgetOldest(): boolean {
    if (this.#turns.length - this.#forgotten <= 1) return false;
    this.#forgotten++;
    return true;
  }

  /** Takes the last turn back. @returns it, if there was one */
  undo(): Turn | undefined {
    const turn = this.#turns.pop();
    this.#forgotten = Math.min(this.#forgotten, this.#turns.length);
    return turn;
  }

  /** Forgets all turns for good; the system prompt stays. */
  reset(): void {
    this.#turns.length = 0;
    this.#forgotten = 0;
  }

  #systemMessages(): ChatMessage[] {
    return this.system === undefined ? [] : [{ role: "system", content: this.system }];
  }
}

function messagesOf({ user, reply }: Turn): ChatMessage[] {
  const question: ChatMessage = { role: "user", content: user };
  return reply === undefined ? [question] : [question, { role: "assistant", content: reply }];
}
