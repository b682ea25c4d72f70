import type { ChatMessage } from "@bayling/core";
import { type Act, type InstructionLanguage, profileByName } from "@bayling/core/interaction";
import type { ChatSystem } from "./chat-system.ts";
import type { InteractiveSystem, SteeredDialogue, TextToTranslate } from "./interactive-system.ts";

export interface InteractiveChatOptions {
  /** How the system is asked for a translation: the name of a profile of core's. Default `chat`. */
  readonly profile?: string | undefined;
  /** Of the first request. Default: that of the profile. */
  readonly language?: InstructionLanguage | undefined;
}

/** A system that chats, steered by nothing but words. */
export function interactiveChat(system: ChatSystem, options: InteractiveChatOptions = {}): InteractiveSystem {
  const profile = profileByName(options.profile ?? "chat");
  const { language = profile.instructionLanguage } = options;
  return {
    name: system.name,
    concurrency: system.concurrency,
    settings: { ...system.settings, profile: profile.name, language },
    open: async (text) => new ChatDialogue(system, text, profile.say({ ...requestOf(text), language }), profile.clean),
  };
}

function requestOf({ from, to, source, terms = [] }: TextToTranslate) {
  return { from, to, source, terms: terms.map((term) => ({ forms: [term] })) };
}

class ChatDialogue implements SteeredDialogue {
  readonly #system: ChatSystem;
  readonly #source: string;
  readonly #request: string;
  readonly #clean: (reply: string, source?: string) => string;
  #messages: ChatMessage[] = [];

  constructor(
    system: ChatSystem,
    { source }: TextToTranslate,
    request: string,
    clean: (reply: string, source?: string) => string,
  ) {
    this.#system = system;
    this.#source = source;
    this.#request = request;
    this.#clean = clean;
  }

  async translate(signal?: AbortSignal): Promise<string> {
    return this.#clean(await this.#say(this.#request, signal), this.#source);
  }

  async reply(act: Act, instruction: string, signal?: AbortSignal): Promise<string> {
    const reply = await this.#say(instruction, signal);
    return act.replies === "translation" ? this.#clean(reply, this.#source) : reply.trim();
  }

  settle(reply: string): void {
    if (this.#messages.length === 0) this.#messages.push({ role: "user", content: this.#request });
    if (this.#messages.at(-1)!.role === "assistant") this.#messages.pop();
    this.#messages.push({ role: "assistant", content: reply });
  }

  dispose(): void {}

  async #say(content: string, signal: AbortSignal | undefined): Promise<string> {
    const asked: ChatMessage[] = [...this.#messages, { role: "user", content }];
    const reply = await this.#system.reply(asked, { signal });
    this.#messages = [...asked, { role: "assistant", content: reply }];
    return reply;
  }
}
