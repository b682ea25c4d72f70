import type { FinishReason, GeneratedToken, GenerateOptions, GenerationUsage } from "@bayling/core";
import type { Context } from "hono";
import { EventStream } from "../event-stream.ts";
import type { ServedModel } from "../models.ts";
import { Problem, toProblem } from "../problem.ts";
import type { RequestEnv } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { writeChoices } from "./choices.ts";
import { openAiError } from "./openai-error.ts";
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

/** A request that was understood. */
export interface CompletionTask {
  readonly served: ServedModel;
  readonly prompts: readonly (readonly number[])[];
  /** Of each prompt. */
  readonly choices: number;
  readonly shape: CompletionShape;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** How the text of a choice begins without being written. */
  readonly begun?: ((choice: number) => string) | undefined;
  /** One space at the beginning is not part of the text. */
  readonly dropsSpace?: boolean | undefined;
  optionsOf(choice: number): GenerateOptions;
}

/**
 * Waits for a place, writes, and answers as a stream or as a whole. Whatever goes wrong before the first token is an error
 * with its status; later, in a stream, it is an event.
 * @throws Problem, BayLingError, the reason of a client that went away
 */
export async function answerCompletion(
  c: Context<RequestEnv>,
  context: ServerContext,
  task: CompletionTask,
): Promise<Response> {
  const { served, prompts, choices } = task;
  const { notes, client, began } = c.var;
  notes.model = served.id;
  // What is wrong with a request is said before it waits.
  prompts.forEach((prompt, index) => {
    served.model.generate(prompt, task.optionsOf(index * choices));
  });
  const sequences = prompts.length * choices;
  const { maxConcurrent } = context.admission;
  if (sequences > maxConcurrent) {
    const message = `The request asks for ${sequences} texts at once, and the server writes at most ${maxConcurrent}.`;
    throw new Problem({ status: 400, code: "argument-invalid", message, param: choices > 1 ? "n" : "prompt" });
  }
  const place = await context.admission.enter({ client, signal: c.req.raw.signal, sequences });
  const run = (writer: CompletionWriter) => {
    let isFirst = true;
    return writeChoices({
      ...{ model: served.model, prompts, choices, signal: place.signal },
      optionsOf: (choice) => task.optionsOf(choice),
      onToken: (choice, token) => {
        if (isFirst) context.metrics.firstToken(performance.now() - began);
        isFirst = false;
        return writer.token(choice, token);
      },
      onEnd: (choice, reason) => writer.end(choice, reason),
    }).then((usage) => {
      notes.usage = usage;
      context.metrics.generated(usage);
      return usage;
    });
  };
  if (!task.stream) {
    const writer = new WholeWriter(task);
    try {
      return c.body(writer.answer(await run(writer)), 200, { "Content-Type": "application/json" });
    } finally {
      place.leave();
    }
  }
  const stream = new EventStream({ limits: context.limits, onGone: (reason) => place.abort(reason) });
  const writer = new StreamWriter(task, stream);
  let failed: Problem | undefined;
  const finished = run(writer)
    .then(
      (usage) => writer.close(usage),
      (error: unknown) => {
        failed = toProblem(error);
        notes.problem = failed.code;
        if (failed.status === 500) notes.cause = error;
        if (writer.begun) stream.send(JSON.stringify(openAiError(failed)));
      },
    )
    .finally(() => {
      place.leave();
      stream.end();
    });
  await stream.begun;
  if (failed !== undefined && !writer.begun) throw failed;
  notes.finished = finished;
  return c.body(stream.readable, 200, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    // Proxies that gather what they pass on would make one piece of it.
    "X-Accel-Buffering": "no",
  });
}

interface CompletionWriter {
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

  constructor({ served, shape }: CompletionTask, object: string) {
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
  protected readonly task: CompletionTask;
  readonly #open: OpenChoice[];

  constructor(task: CompletionTask) {
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

class WholeWriter extends Choices implements CompletionWriter {
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

class StreamWriter extends Choices implements CompletionWriter {
  readonly #stream: EventStream;
  readonly #head: CompletionHead;
  begun = false;

  constructor(task: CompletionTask, stream: EventStream) {
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
