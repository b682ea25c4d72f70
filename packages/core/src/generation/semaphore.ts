/** Gives back what was taken; more than once does no harm. */
export type Release = () => void;

interface Waiter {
  readonly count: number;
  readonly start: () => void;
}

/** A number of permits. Who finds too few left waits, and is served in the order of coming. */
export class Semaphore {
  readonly #permits: number;
  #free: number;
  readonly #waiting: Waiter[] = [];

  constructor(permits: number) {
    this.#permits = permits;
    this.#free = permits;
  }

  /** @param count where it is more than there are, all of them. @throws the signal's reason */
  async acquire(count = 1, signal?: AbortSignal): Promise<Release> {
    signal?.throwIfAborted();
    const taken = Math.min(count, this.#permits);
    if (this.#waiting.length > 0 || this.#free < taken) await this.#wait(taken, signal);
    else this.#free -= taken;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free += taken;
      this.#serve();
    };
  }

  #wait(count: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        count,
        start: () => {
          signal?.removeEventListener("abort", leave);
          resolve();
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal!.reason);
        // Those behind may need less.
        this.#serve();
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.count <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.count;
      next.start();
    }
  }
}

const permits = new WeakMap<object, Semaphore>();

/** The sequences of a model as permits, the same for everyone who asks: a model refuses more than it has. */
export function sequencePermits(model: { readonly capabilities: { readonly maxSequences: number } }): Semaphore {
  const known = permits.get(model) ?? new Semaphore(model.capabilities.maxSequences);
  permits.set(model, known);
  return known;
}
