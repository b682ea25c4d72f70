import type { Context } from "hono";
import { EventStream } from "../event-stream.ts";
import { type Problem, toProblem } from "../problem.ts";
import type { RequestEnv } from "../routes.ts";
import type { ServerContext } from "../server-context.ts";

/** Sends an event; a promise means that the reader is far behind. */
export type SendEvent = (event: object) => Promise<void> | undefined;

export interface SessionWork {
  /** Sequences of the model that it needs at once. */
  readonly sequences: number;
  readonly stream: boolean;
  readonly status: 200 | 201;
  /** @returns the answer; in a stream it is the last event, with `type: "done"` */
  run(signal: AbortSignal, send: SendEvent): Promise<object>;
  /** Called when it is over, however it ended. */
  settle(failed: boolean): void;
}

/**
 * Does work of a session at a place, and answers as a whole or with events. What goes wrong before the first event has
 * its status; later it is an event, `type: "error"`.
 * @throws Problem, BayLingError, the reason of a client that went away
 */
export async function answerWork(c: Context<RequestEnv>, context: ServerContext, work: SessionWork): Promise<Response> {
  const { notes, client } = c.var;
  const { signal } = c.req.raw;
  const place = await context.admission.enter({ client, signal, sequences: work.sequences }).catch((error: unknown) => {
    work.settle(true);
    throw error;
  });
  const settle = (failed: boolean) => {
    work.settle(failed);
    place.leave();
  };
  if (!work.stream) {
    try {
      const answer = await work.run(place.signal, () => undefined);
      settle(false);
      return c.json(answer, work.status);
    } catch (error) {
      settle(true);
      throw error;
    }
  }
  const events = new EventStream({ limits: context.limits, onGone: (reason) => place.abort(reason) });
  let begun = false;
  let failed: Problem | undefined;
  const send: SendEvent = (event) => {
    begun = true;
    return events.send(JSON.stringify(event));
  };
  notes.finished = work
    .run(place.signal, send)
    .then(
      (answer) => {
        settle(false);
        void send({ type: "done", ...answer });
      },
      (error: unknown) => {
        settle(true);
        failed = toProblem(error);
        notes.problem = failed.code;
        if (failed.status === 500) notes.cause = error;
        if (begun) void send({ type: "error", ...formatSessionProblem(failed) });
      },
    )
    .finally(() => events.end());
  await events.begun;
  if (failed !== undefined && !begun) {
    delete notes.finished;
    throw failed;
  }
  return c.body(events.readable, work.status, {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
  });
}

/** The body of an error. */
export function formatSessionProblem({ code, message, param }: Problem): { readonly error: object } {
  return { error: { code, message, ...(param !== undefined && { param }) } };
}
