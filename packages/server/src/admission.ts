import { Problem } from "./problem.ts";

export interface AdmissionOptions {
  /** Sequences that may be in use at once. */
  readonly maxConcurrent: number;
  /** Requests that may wait. */
  readonly maxQueued: number;
  /** The longest that a place is held. */
  readonly seconds: number;
}

export interface EnterOptions {
  /** Who asks: waiting requests are served in turn, one of each client. */
  readonly client: string;
  /** Fires when the client goes away. */
  readonly signal: AbortSignal;
  /** Sequences of the model that the work needs at once: beams need one more than they are. Default 1. */
  readonly sequences?: number | undefined;
}

/** Leave to work. Whoever has one must leave it, whatever happens. */
export interface Place extends Disposable {
  /** Fires when the client goes away, time is up, or the server stops at once; its reason is a `Problem`. */
  readonly signal: AbortSignal;
  /** Lets the next one in. May be called twice. */
  leave(): void;
  /** Ends the work: for a `Problem`, or because the client went away. */
  abort(reason: unknown): void;
}

interface Waiting {
  readonly client: string;
  readonly sequences: number;
  admit(): void;
  refuse(problem: Problem): void;
}

/**
 * Lets requests in one by one: as many as the model has sequences work, some wait, others are told to come back.
 * Clients take turns, so that one with many requests delays mainly itself; and where the queue is full, the client that
 * has most in it loses its last to one that has less.
 */
export class Admission {
  readonly maxConcurrent: number;
  readonly #maxQueued: number;
  readonly #seconds: number;
  /** Of each client, in the order of turns. */
  readonly #queues = new Map<string, Waiting[]>();
  readonly #running = new Set<Place>();
  #used = 0;
  #queued = 0;
  #closed = false;
  #idle: (() => void)[] = [];
  /** Seconds that places are held, about. */
  #usual = 1;

  constructor({ maxConcurrent, maxQueued, seconds }: AdmissionOptions) {
    this.maxConcurrent = maxConcurrent;
    this.#maxQueued = maxQueued;
    this.#seconds = seconds;
  }

  /** Requests that work. */
  get running(): number {
    return this.#running.size;
  }

  /** Requests that wait. */
  get queued(): number {
    return this.#queued;
  }

  /** Whether a request that comes now would have to wait. */
  get busy(): boolean {
    return this.#used >= this.maxConcurrent || this.#queued > 0;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Waits for a place.
   * @throws Problem 429 with `retryAfter`, 503 when the server stops, 400 for more sequences than there are, 499 when the
   * client goes away
   */
  async enter({ client, signal, sequences = 1 }: EnterOptions): Promise<Place> {
    if (signal.aborted) throw clientGone(signal.reason);
    if (this.#closed) throw stopping();
    if (sequences > this.maxConcurrent) {
      throw new Problem({
        status: 400,
        code: "too-many-sequences",
        message: `The request needs ${sequences} sequences at once, and the server has ${this.maxConcurrent}.`,
      });
    }
    if (this.#queued > 0 || this.#used + sequences > this.maxConcurrent) return this.#wait(client, signal, sequences);
    return this.#begin(signal, sequences);
  }

  /** Lets nobody in any more; those that wait are refused. Resolves when the last has left. */
  close(): Promise<void> {
    this.#closed = true;
    for (const waiting of [...this.#queues.values()].flat()) waiting.refuse(stopping());
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Ends all that work. */
  abort(): void {
    for (const place of this.#running) place.abort(stopping());
  }

  #begin(client: AbortSignal, sequences: number): Place {
    this.#used += sequences;
    const controller = new AbortController();
    const began = performance.now();
    const onGone = () => controller.abort(clientGone(client.reason));
    if (client.aborted) onGone();
    client.addEventListener("abort", onGone, { once: true });
    const timer = setTimeout(
      () => controller.abort(timeIsUp(this.#seconds)),
      Math.min(this.#seconds * 1000, 2 ** 31 - 1),
    );
    const leave = () => {
      if (!this.#running.delete(place)) return;
      clearTimeout(timer);
      client.removeEventListener("abort", onGone);
      this.#used -= sequences;
      this.#usual += ((performance.now() - began) / 1000 - this.#usual) / 8;
      this.#next();
      if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    };
    const place: Place = {
      signal: controller.signal,
      leave,
      abort: (reason) => controller.abort(clientGone(reason)),
      [Symbol.dispose]: leave,
    };
    this.#running.add(place);
    return place;
  }

  async #wait(client: string, signal: AbortSignal, sequences: number): Promise<Place> {
    if (this.#queued >= this.#maxQueued) this.#makeWay(client);
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#forget(waiting);
        signal.removeEventListener("abort", onGone);
      };
      const onGone = () => {
        done();
        reject(clientGone(signal.reason));
        this.#next();
      };
      const waiting: Waiting = {
        client,
        sequences,
        admit: () => {
          done();
          resolve(this.#begin(signal, sequences));
        },
        refuse: (problem) => {
          done();
          reject(problem);
        },
      };
      signal.addEventListener("abort", onGone, { once: true });
      const queue = this.#queues.get(client);
      if (queue === undefined) this.#queues.set(client, [waiting]);
      else queue.push(waiting);
      this.#queued++;
    });
  }

  /** The queue is full: whoever waits with most loses the last, which may be the one who comes. */
  #makeWay(client: string): void {
    let longest: Waiting[] = [];
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue;
    if ((this.#queues.get(client)?.length ?? 0) + 1 >= longest.length) throw this.#full();
    longest.at(-1)!.refuse(this.#full());
  }

  /** Lets in whose turn it is, as many as there is room for. Who needs more room than there is is not overtaken. */
  #next(): void {
    for (;;) {
      const [first] = this.#queues;
      if (first === undefined) return;
      const [client, queue] = first;
      const waiting = queue[0]!;
      if (this.#used + waiting.sequences > this.maxConcurrent) return;
      waiting.admit();
      // Its next request waits until the others had their turn.
      if (this.#queues.delete(client) && queue.length > 0) this.#queues.set(client, queue);
    }
  }

  #forget(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.client)!;
    queue.splice(queue.indexOf(waiting), 1);
    if (queue.length === 0) this.#queues.delete(waiting.client);
    this.#queued--;
  }

  #full(): Problem {
    const seconds = Math.ceil((this.#usual * (this.#queued + 1)) / this.maxConcurrent);
    return new Problem({
      status: 429,
      code: "queue-full",
      message: "Too many requests wait already. Ask again later.",
      retryAfter: Math.max(1, Math.min(seconds, 60)),
    });
  }
}

/** Whatever the host says of it: its reasons need not even be errors. */
function clientGone(cause: unknown): Problem {
  return cause instanceof Problem
    ? cause
    : new Problem({ status: 499, code: "client-gone", message: "The client went away.", cause });
}

function stopping(): Problem {
  return new Problem({ status: 503, code: "stopping", message: "The server is about to stop.", retryAfter: 10 });
}

function timeIsUp(seconds: number): Problem {
  return new Problem({
    status: 504,
    code: "time-limit",
    message: `The request took longer than the ${seconds} seconds that it may take.`,
  });
}
