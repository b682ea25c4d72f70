import { checkOptions, invalidArgument } from "./check-argument.ts";
import { BayLingError } from "./errors.ts";
import { Generation } from "./generation/generation.ts";
import type { GenerateOptions } from "./generation/generation-options.ts";
import { OwnSequence } from "./generation/own-sequence.ts";
import type { GeneratedToken } from "./generation/text-stream.ts";
import type { Model } from "./model.ts";
import type { ChatMessage, ChatTemplate } from "./prompt/chat-template.ts";
import { detectTemplate } from "./prompt/detect-template.ts";
import { DialogueEncoder, type DialogueMessage, type DialoguePrompt } from "./prompt/dialogue-encoder.ts";
import { templateStops } from "./prompt/template-stops.ts";

/** Options of a reply; what the session itself decides is not among them. */
export type ReplyOptions = Omit<GenerateOptions, "sequence" | "addBos" | "parseSpecial">;

export interface ChatOptions {
  /** How the model is told to behave. */
  readonly system?: string | undefined;
  /** What was said before. */
  readonly history?: readonly ChatMessage[] | undefined;
  /** The name of a built-in template, or one of your own. Default: the one that the model was taught with. */
  readonly template?: string | ChatTemplate | undefined;
  /** For every reply that says nothing else. */
  readonly defaults?: ReplyOptions | undefined;
}

/** @internal See `model.chat()`. */
export async function openChat(model: Model, options: ChatOptions): Promise<ChatSession> {
  const template = await detectTemplate(model.metadata, model.tokenizer, options.template);
  return new ChatSession(model, template, options);
}

/**
 * A dialogue with a model. It has a sequence of its own, and what was evaluated once is not evaluated again: the next
 * turn costs its new tokens only, and so does editing an earlier one, from there on. Dispose it when done.
 */
export class ChatSession {
  readonly template: ChatTemplate;
  readonly #model: Model;
  readonly #defaults: ReplyOptions;
  readonly #encoder: DialogueEncoder;
  #system: string | undefined;
  #dialogue: readonly DialogueMessage[];
  #forgotten = 0;
  #sequence: OwnSequence;
  #disposed = false;

  /** @internal See {@link openChat}. */
  constructor(model: Model, template: ChatTemplate, { system, history = [], defaults = {} }: ChatOptions) {
    checkOptions(defaults);
    if (!Array.isArray(history)) throw invalidArgument("history", "an array of messages", history);
    this.#model = model;
    this.template = template;
    this.#defaults = defaults;
    this.#encoder = new DialogueEncoder(template, model.tokenizer);
    this.#sequence = new OwnSequence(model);
    this.#system = checkSystem(system);
    this.#dialogue = Array.from(history, (message, index) => checkMessage(`history[${index}]`, message));
  }

  get system(): string | undefined {
    return this.#system;
  }

  set system(text: string | undefined) {
    this.#system = checkSystem(text);
  }

  /** What was said, without the system prompt; a reply is there once it has been read. */
  get messages(): readonly ChatMessage[] {
    return this.#dialogue.map(({ message }) => message);
  }

  /** How many of the oldest messages the last prompt had no room for. */
  get forgottenMessages(): number {
    return this.#forgotten;
  }

  /**
   * Says something, and returns the reply as it is written. Both count as said once the reply is read: to its end, or up
   * to where the reader or the signal stopped it. When it fails before a word was written, the message is taken back.
   * @throws BayLingError as `model.generate`; `context-full` when not even the message alone fits; `sequence-busy` while
   * it is read, when the dialogue went on meanwhile
   */
  send(text: string, options: ReplyOptions = {}): Generation {
    return this.#reply([...this.#dialogue, checkMessage("text", { role: "user", content: text })], options);
  }

  /**
   * Says something else in place of message `index`, one of the user's; everything behind it is forgotten.
   * @throws BayLingError as {@link send}; `argument-invalid`
   */
  resend(index: number, text: string, options: ReplyOptions = {}): Generation {
    if (this.#dialogue[index]?.message.role !== "user") {
      throw invalidArgument("index", "the index of a message of the user", index);
    }
    const message = checkMessage("text", { role: "user", content: text });
    return this.#reply([...this.#dialogue.slice(0, index), message], options);
  }

  /** Another reply to the last message of the user. @throws BayLingError as {@link send} */
  retry(options: ReplyOptions = {}): Generation {
    const index = this.#dialogue.findLastIndex(({ message }) => message.role === "user");
    if (index < 0) {
      throw new BayLingError("argument-invalid", { problem: "there is nothing to reply to", remedy: "Send a message" });
    }
    return this.#reply(this.#dialogue.slice(0, index + 1), options);
  }

  /** Adds messages without asking for a reply: examples, or what a person wrote in the model's place. */
  append(...messages: readonly ChatMessage[]): void {
    const added = messages.map((message, index) => checkMessage(`messages[${index}]`, message));
    this.#dialogue = [...this.#dialogue, ...added];
  }

  /** Forgets all messages from `length` on. @throws BayLingError `argument-invalid` */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#dialogue.length) {
      throw invalidArgument("length", `an integer from 0 to ${this.#dialogue.length}`, length);
    }
    this.#dialogue = this.#dialogue.slice(0, length);
    this.#forgotten = Math.min(this.#forgotten, length);
  }

  /** A second session with the same dialogue and a copy of its KV cache. Both go on independently. */
  async fork(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<ChatSession> {
    this.#check();
    const sequence = await this.#sequence.fork(options);
    const { template, system } = this;
    const fork = new ChatSession(this.#model, template, { system, defaults: this.#defaults });
    fork.#dialogue = this.#dialogue;
    fork.#forgotten = this.#forgotten;
    fork.#sequence = sequence;
    return fork;
  }

  /**
   * What the model would see if it were to reply now, or, after a reply of its own, to go on with it.
   * @throws BayLingError `context-full`; `argument-invalid` where nothing was said
   */
  prompt(): DialoguePrompt {
    return this.#encode(this.#dialogue, this.#defaults, this.#dialogue.at(-1)?.message.role === "assistant");
  }

  /** Frees its sequence. May be called twice. */
  dispose(): void {
    this.#disposed = true;
    this.#sequence.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #reply(dialogue: readonly DialogueMessage[], given: ReplyOptions): Generation {
    this.#check();
    checkOptions(given);
    const merged = { ...this.#defaults, ...given };
    checkStops(merged);
    const prompt = this.#encode(dialogue, merged);
    const options = { ...merged, ...this.#stops(merged) };
    // Says what is wrong with the options now, and not when the reply is read.
    this.#model.generate(prompt.tokens, options);
    const before = this.#dialogue;
    let generation: Generation | undefined;
    const begin = async () => {
      if (this.#dialogue !== before) throw this.#movedOn();
      this.#check();
      this.#forgotten = prompt.forgotten;
      generation = this.#model.generate(prompt.tokens, { ...options, sequence: await this.#sequence.take() });
      return generation;
    };
    const end = (tokens: readonly GeneratedToken[]) => {
      if (this.#dialogue !== before) throw this.#movedOn();
      this.#dialogue = [...dialogue, this.#written(prompt, tokens, generation!)];
    };
    return new Generation({
      promptTokens: prompt.tokens.length,
      progress: {
        get finishReason() {
          return generation?.finishReason;
        },
        get reusedTokens() {
          return generation?.usage.reusedTokens ?? 0;
        },
        get generatedTokens() {
          return generation?.usage.generatedTokens ?? 0;
        },
      },
      hypotheses: () => generation?.hypotheses ?? [],
      tokens: () => write(begin, end),
    });
  }

  #encode(dialogue: readonly DialogueMessage[], { maxTokens }: ReplyOptions, continueLast = false): DialoguePrompt {
    const { contextLength } = this.#model;
    const room = Math.min(maxTokens ?? contextLength >> 2, contextLength >> 1);
    const forgotten = Math.max(0, Math.min(this.#forgotten, dialogue.length - 1));
    const options = { system: this.#system, maxTokens: contextLength - room, forgotten, continueLast };
    return this.#encoder.encode(dialogue, options);
  }

  /** What ends a reply: of the template, and of the caller. */
  #stops({ stop = [], stopTokens = [] }: ReplyOptions): Pick<GenerateOptions, "stop" | "stopTokens"> {
    const own = templateStops(this.template, this.#model.tokenizer);
    return {
      stop: [...own.stop, ...(typeof stop === "string" ? [stop] : stop)],
      stopTokens: [...own.stopTokens, ...stopTokens],
    };
  }

  /** A reply, with its tokens where they are all of it: a stop string cuts the text of the last one. */
  #written(prompt: DialoguePrompt, read: readonly GeneratedToken[], { finishReason }: Generation): DialogueMessage {
    const text = read.map((token) => token.text).join("");
    const content = this.template.spaceBeforeReply === true && text.startsWith(" ") ? text.slice(1) : text;
    const message = { role: "assistant", content } as const;
    if (finishReason === "stop" || finishReason === "context") return { message };
    return { message, written: { prompt, tokens: read.map(({ token }) => token) } };
  }

  #check(): void {
    if (this.#disposed) throw new BayLingError("disposed", { problem: "the chat is disposed" });
  }

  #movedOn(): BayLingError {
    return new BayLingError("sequence-busy", {
      problem: "the dialogue went on while a reply waited to be read",
      remedy: "Read each reply to its end before the next message, or fork the chat",
    });
  }
}

async function* write(
  begin: () => Promise<Generation>,
  end: (tokens: readonly GeneratedToken[]) => void,
): AsyncGenerator<GeneratedToken, void, undefined> {
  const tokens: GeneratedToken[] = [];
  const generation = await begin();
  let finished = false;
  try {
    for await (const token of generation) {
      tokens.push(token);
      yield token;
    }
    finished = true;
  } finally {
    if (finished || tokens.length > 0) end(tokens);
  }
}

function checkSystem(text: unknown): string | undefined {
  if (text === undefined || typeof text === "string") return text;
  throw invalidArgument("system", "a string", text);
}

const roles = new Set<unknown>(["system", "user", "assistant"]);

function checkMessage(field: string, message: unknown): DialogueMessage {
  const { role, content } = (typeof message === "object" && message !== null ? message : {}) as Partial<ChatMessage>;
  if (!roles.has(role)) throw invalidArgument(`${field}.role`, '"system", "user" or "assistant"', role);
  if (typeof content !== "string") throw invalidArgument(`${field}.content`, "a string", content);
  return { message: { role: role!, content } };
}

function checkStops({ stop, stopTokens }: ReplyOptions): void {
  if (stop !== undefined && typeof stop !== "string" && !Array.isArray(stop)) {
    throw invalidArgument("stop", "a string or an array of strings", stop);
  }
  if (stopTokens !== undefined && !Array.isArray(stopTokens)) {
    throw invalidArgument("stopTokens", "an array of token ids", stopTokens);
  }
}
