import type { TextPart, Tokenizer } from "../tokenizer/tokenizer.ts";
import type { ChatMessage, ChatTemplate, RenderOptions } from "./chat-template.ts";
import { fitDialogue } from "./fit-dialogue.ts";

/** A message of a dialogue, and how a model wrote it, if one did. */
export interface DialogueMessage {
  readonly message: ChatMessage;
  readonly written?: WrittenReply | undefined;
}

/** A reply as a model wrote it: encoding its text again may give other tokens. */
export interface WrittenReply {
  readonly prompt: DialoguePrompt;
  readonly tokens: readonly number[];
}

/** What a model sees. */
export interface DialoguePrompt {
  readonly tokens: readonly number[];
  /** The same as text, special tokens spelled out. */
  readonly text: string;
  /** How many of the oldest messages, without the system prompt, are not in it. */
  readonly forgotten: number;
}

export interface EncodeDialogueOptions {
  readonly system: string | undefined;
  /** The most tokens that a prompt may have. */
  readonly maxTokens: number;
  /** Messages that earlier prompts left out already: prompts that begin alike need not be evaluated again. */
  readonly forgotten: number;
  /** The last message is a reply that is not to end here. Default false. */
  readonly continueLast?: boolean | undefined;
}

/** Turns dialogues into prompts that begin with the very tokens that the model has seen and written. */
export class DialogueEncoder {
  readonly #render: RenderOptions;
  readonly #template: ChatTemplate;
  readonly #tokenizer: Tokenizer;

  /** @param variables what the template may ask for besides messages */
  constructor(template: ChatTemplate, tokenizer: Tokenizer, variables?: RenderOptions["variables"]) {
    this.#render = { variables };
    this.#template = template;
    this.#tokenizer = tokenizer;
  }

  /**
   * The prompt for the next reply; the oldest messages are left out where not all fit.
   * @throws BayLingError `context-full`, `template-invalid`
   */
  encode(
    dialogue: readonly DialogueMessage[],
    { system, maxTokens, forgotten, continueLast = false }: EncodeDialogueOptions,
  ): DialoguePrompt {
    const render = { ...this.#render, continueLast };
    const systemMessages: ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
    const known = dialogue.slice(forgotten);
    const fitted = fitDialogue([...systemMessages, ...known.map(({ message }) => message)], {
      ...{ template: this.#template, render, maxTokens },
      count: (parts) => this.#encode(parts).length,
    });
    const visible = known.slice(fitted.dropped);
    const messages = (count: number) => [...systemMessages, ...visible.slice(0, count).map(({ message }) => message)];
    const parts = this.#template.render(messages(visible.length), render);
    const tokens = this.#encode(parts);
    return {
      tokens: this.#asWritten(tokens, visible, messages, maxTokens) ?? tokens,
      text: textOf(parts),
      forgotten: forgotten + fitted.dropped,
    };
  }

  /** With the last reply, and all before it, as the model wrote them. */
  #asWritten(
    tokens: readonly number[],
    visible: readonly DialogueMessage[],
    messages: (count: number) => ChatMessage[],
    maxTokens: number,
  ): readonly number[] | undefined {
    for (let index = visible.length - 1; index >= 0; index--) {
      const { written } = visible[index]!;
      if (written === undefined) continue;
      const head = this.#template.render(messages(index + 1), { ...this.#render, continueLast: true });
      if (!textOf(head).startsWith(written.prompt.text)) continue;
      const headTokens = this.#encode(head);
      if (!headTokens.every((token, position) => token === tokens[position])) continue;
      const all = [...written.prompt.tokens, ...written.tokens, ...tokens.slice(headTokens.length)];
      return all.length <= maxTokens ? all : undefined;
    }
    return undefined;
  }

  #encode(parts: readonly TextPart[]): number[] {
    return this.#tokenizer.encode(parts, { addBos: this.#beginsWithBos(parts) ? false : undefined });
  }

  /** Many templates write the beginning-of-sequence token themselves; a second one would confuse the model. */
  #beginsWithBos([first]: readonly TextPart[]): boolean {
    const { bosToken } = this.#tokenizer;
    if (bosToken === undefined || first === undefined || !first.parseSpecial) return false;
    return first.text.startsWith(this.#tokenizer.tokenText(bosToken));
  }
}

function textOf(parts: readonly TextPart[]): string {
  return parts.map(({ text }) => text).join("");
}
