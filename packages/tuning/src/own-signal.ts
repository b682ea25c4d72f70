import { setMaxListeners } from "node:events";

/**
 * Makes a request with a signal of its own, which aborts with the other one. OpenAI's client listens to the signal of a
 * request and never stops: a run of many requests under one signal would keep something of each until its end.
 * @throws the signal's reason, before the request; what the request throws
 */
export async function withOwnSignal<Result>(
  signal: AbortSignal | undefined,
  request: (own: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const own = new AbortController();
  const abort = () => own.abort(signal?.reason);
  // As many listen as there are requests at a time; Node takes more than ten for a leak.
  if (signal !== undefined) setMaxListeners(0, signal);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await request(own.signal);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
