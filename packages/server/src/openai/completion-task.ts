import type { GenerateOptions } from "@bayling/core";
import type { Context } from "hono";
import { EventStream } from "../event-stream.ts";
import { Problem, toProblem } from "../problem.ts";
import type { RequestEnv } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";
import { writeChoices } from "./choices.ts";
import { type CompletionWriter, StreamWriter, WholeWriter, type WrittenTask } from "./completion-writers.ts";
import { openAiError } from "./openai-error.ts";

/** A request that was understood. */
export interface CompletionTask extends WrittenTask {
  readonly prompts: readonly (readonly number[])[];
  readonly stream: boolean;
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
