import type { LoadProgress } from "../backend/backend.ts";
import type { CreateMonitor } from "./translator-api.ts";

/** Events that are further apart, in milliseconds, are worth a page's time. */
const interval = 50;
/** Pages see progress in fractions of this, as the specification has it. */
const precision = 2 ** 16;

/** What a page's `monitor` is given. */
class DownloadMonitor extends EventTarget {
  #handler: CreateMonitor["ondownloadprogress"] = null;

  get ondownloadprogress(): CreateMonitor["ondownloadprogress"] {
    return this.#handler;
  }

  set ondownloadprogress(handler: CreateMonitor["ondownloadprogress"]) {
    this.removeEventListener("downloadprogress", this.#handler as EventListener | null);
    this.#handler = typeof handler === "function" ? handler : null;
    this.addEventListener("downloadprogress", this.#handler as EventListener | null);
  }

  get [Symbol.toStringTag](): string {
    return "CreateMonitor";
  }
}

/** Tells a page of loading: from 0 to 1, never twice the same, and nothing once its signal aborts. */
export class DownloadReport {
  readonly #monitor = new DownloadMonitor();
  readonly #signal: AbortSignal | undefined;
  #last = -1;
  #lastTime = -Infinity;
  #first: number | undefined;

  /** @throws what the page's monitor throws */
  constructor(monitor: ((monitor: CreateMonitor) => void) | undefined, signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (monitor === undefined) return;
    if (typeof monitor !== "function") throw new TypeError("Translator: monitor is not a function");
    monitor(this.#monitor as CreateMonitor);
  }

  /** Who comes in the middle of a load hears of what is left of it. */
  progress({ loadedBytes, totalBytes }: LoadProgress): void {
    this.#first ??= loadedBytes;
    const left = totalBytes - this.#first;
    const fraction = left <= 0 ? 1 : (loadedBytes - this.#first) / left;
    // The end is told when the model is there.
    if (fraction < 1 && performance.now() - this.#lastTime > interval) this.#fire(fraction);
  }

  begin(): void {
    this.#fire(0);
  }

  end(): void {
    this.#fire(1);
  }

  #fire(fraction: number): void {
    const loaded = Math.floor(fraction * precision) / precision;
    if (loaded <= this.#last || this.#signal?.aborted) return;
    this.#last = loaded;
    this.#lastTime = performance.now();
    this.#monitor.dispatchEvent(progressEvent(loaded));
  }
}

function progressEvent(loaded: number): Event {
  const fields = { lengthComputable: true, loaded, total: 1 };
  if (typeof ProgressEvent === "function") return new ProgressEvent("downloadprogress", fields);
  const event = new Event("downloadprogress");
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(event, name, { value, enumerable: true });
  return event;
}
