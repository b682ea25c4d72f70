import type { FinishReason, GeneratedToken, GenerationUsage } from "@bayling/core";
import type { EventStream } from "../event-stream.ts";
import type { ServedModel } from "../models.ts";
import { systemFingerprint } from "./system-fingerprint.ts";

/** A choice as far as it is written. */
export interface Choice {
  readonly index: number;
  /** Without what was sent before, in a stream. */
  readonly text: string;
  /** The tokens of {@link text}. */
  readonly tokens: readonly GeneratedToken[];
  /** Characters in front of {@link text}. */
  readonly offset: number;
  readonly finishReason: "stop" | "length" | null;
}

/** How one of OpenAI's endpoints says what was written. */
export interface CompletionShape {
  /** Prefix of ids: `chatcmpl`. */
  readonly prefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** A choice that is complete. */
  whole(choice: Choice): object;
  /** A piece of a choice, in a stream. */
  piece(choice: Choice): object;
}

/** What writers need to know of a request. */
export interface WrittenTask {
  readonly served: ServedModel;
  /** How many there are. */
  readonly prompts: ArrayLike<unknown>;
  /** Of each prompt. */
  readonly choices: number;
  readonly shape: CompletionShape;
  readonly includeUsage: boolean;
  /** How the text of a choice begins without being written. */
  readonly begun?: ((choice: number) => string) | undefined;
  /** One space at the beginning is not part of the text. */
  readonly dropsSpace?: boolean | undefined;
}

/** Takes what is written, token by token. */
export interface CompletionWriter {
  token(choice: number, token: GeneratedToken): Promise<void> | undefined;
  end(choice: number, reason: FinishReason): void;
}

interface OpenChoice {
  text: string;
  tokens: GeneratedToken[];
  offset: number;
  begun: boolean;
}

/** What all answers of a request have in common. */
class CompletionHead {
  /** JSON up to the choices: it is the same for every piece of a stream. */
  readonly #json: string;

  constructor({ served, shape }: WrittenTask, object: string) {
    const id = `${shape.prefix}-${crypto.randomUUID().replaceAll("-", "")}`;
    const fields = { id, object, created: Math.floor(Date.now() / 1000), model: served.id };
    this.#json = JSON.stringify({ ...fields, system_fingerprint: systemFingerprint(served.model) }).slice(0, -1);
  }

  /** @param usage left out where it is undefined */
  with(choices: readonly object[], usage?: object | null): string {
    const rest = usage === undefined ? "" : `,"usage":${JSON.stringify(usage)}`;
    return `${this.#json},"choices":${JSON.stringify(choices)}${rest}}`;
  }
}

abstract class Choices {
  protected readonly task: WrittenTask;
  readonly #open: OpenChoice[];

  constructor(task: WrittenTask) {
    this.task = task;
    this.#open = Array.from({ length: task.prompts.length * task.choices }, (_, choice) => {
      return { text: task.begun?.(choice) ?? "", tokens: [], offset: 0, begun: false };
    });
  }

  protected add(choice: number, token: GeneratedToken): OpenChoice {
    const open = this.#open[choice]!;
    const dropped = this.task.dropsSpace === true && !open.begun && token.text.startsWith(" ");
    if (token.text !== "") open.begun = true;
    open.text += dropped ? token.text.slice(1) : token.text;
    if (token.logprob !== undefined) open.tokens.push(token);
    return open;
  }

  /** What there is of a choice, and takes it away. */
  protected take(choice: number, reason: FinishReason | undefined): Choice {
    const open = this.#open[choice]!;
    const { text, tokens, offset } = open;
    open.offset += text.length;
    open.text = "";
    open.tokens = [];
    const cut = reason === "length" || reason === "context";
    return { index: choice, text, tokens, offset, finishReason: reason === undefined ? null : cut ? "length" : "stop" };
  }
}

/** Gathers an answer as a whole. */
export class WholeWriter extends Choices implements CompletionWriter {
  readonly #finished: Choice[] = [];

  token(choice: number, token: GeneratedToken): undefined {
    this.add(choice, token);
  }

  end(choice: number, reason: FinishReason): void {
    this.#finished[choice] = this.take(choice, reason);
  }

  answer(usage: GenerationUsage): string {
    const { shape } = this.task;
    const head = new CompletionHead(this.task, shape.object);
    return head.with(
      this.#finished.map((choice) => shape.whole(choice)),
      usageOf(usage),
    );
  }
}

/** Sends an answer in pieces. */
export class StreamWriter extends Choices implements CompletionWriter {
  readonly #stream: EventStream;
  readonly #head: CompletionHead;
  begun = false;

  constructor(task: WrittenTask, stream: EventStream) {
    super(task);
    this.#stream = stream;
    this.#head = new CompletionHead(task, task.shape.chunkObject);
  }

  token(choice: number, token: GeneratedToken): Promise<void> | undefined {
    const { text, tokens } = this.add(choice, token);
    // Half a character: it comes with the rest.
    if (text === "" && tokens.length === 0) return undefined;
    return this.#send([this.task.shape.piece(this.take(choice, undefined))]);
  }

  end(choice: number, reason: FinishReason): void {
    this.#send([this.task.shape.piece(this.take(choice, reason))]);
  }

  close(usage: GenerationUsage): void {
    if (this.task.includeUsage) this.#send([], usageOf(usage));
    this.#stream.send("[DONE]");
  }

  #send(choices: readonly object[], usage: object | null = null): Promise<void> | undefined {
    this.begun = true;
    return this.#stream.send(this.#head.with(choices, this.task.includeUsage ? usage : undefined));
  }
}

function usageOf({ promptTokens, reusedTokens, generatedTokens }: GenerationUsage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generatedTokens,
    total_tokens: promptTokens + generatedTokens,
    prompt_tokens_details: { cached_tokens: reusedTokens },
  };
}
