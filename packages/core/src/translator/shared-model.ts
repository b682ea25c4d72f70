import type { LoadProgress } from "../backend/backend.ts";
import type { LoadModelOptions } from "../load-model.ts";
import type { Model } from "../model.ts";
import type { ModelSource } from "../sources/is-folder.ts";
import { urlOfString } from "../sources/open-source.ts";
import type { Availability } from "./translator-api.ts";

/** A model for as long as it is needed. */
export interface ModelLease {
  readonly model: Model;
  /** May be called twice. */
  release(): void;
}

/** A model that many translators use. */
export interface ModelSupply {
  /** Whether its bytes come over a network. */
  readonly isRemote: boolean;
  readonly availability: Exclude<Availability, "unavailable">;
  /** The model, if it is loaded. */
  readonly model: Model | undefined;
  /** @throws as `loadModel()`; the signal's reason */
  acquire(onProgress: (progress: LoadProgress) => void, signal: AbortSignal | undefined): Promise<ModelLease>;
}

/** A model that somebody else has loaded, and disposes. */
export function givenModel(model: Model): ModelSupply {
  return { isRemote: false, availability: "available", model, acquire: async () => ({ model, release() {} }) };
}

/** One load of the model, and who waits for it or uses it. */
interface Load {
  readonly controller: AbortController;
  readonly model: Promise<Model>;
  readonly listeners: Set<(progress: LoadProgress) => void>;
  users: number;
  loaded: Model | undefined;
  progress: LoadProgress | undefined;
}

/** Loads a model when it is first needed, once for all, and disposes it when nobody needs it any more. */
export class SharedModel implements ModelSupply {
  readonly isRemote: boolean;
  readonly #source: ModelSource;
  readonly #options: Omit<LoadModelOptions, "onProgress" | "signal">;
  #load: Load | undefined;
  /** Two models at once could be more than fits into memory: a load begins when the one before is gone. */
  #closed: Promise<unknown> = Promise.resolve();

  constructor(source: ModelSource, options: Omit<LoadModelOptions, "onProgress" | "signal">) {
    this.#source = source;
    this.#options = options;
    this.isRemote = isRemote(source);
  }

  get availability(): Exclude<Availability, "unavailable"> {
    if (!this.isRemote || this.#load?.loaded !== undefined) return "available";
    return this.#load === undefined ? "downloadable" : "downloading";
  }

  get model(): Model | undefined {
    return this.#load?.loaded;
  }

  async acquire(onProgress: (progress: LoadProgress) => void, signal: AbortSignal | undefined): Promise<ModelLease> {
    signal?.throwIfAborted();
    this.#load ??= this.#start();
    const load = this.#load;
    load.users++;
    let isHeld = true;
    const release = () => {
      if (isHeld && --load.users === 0) this.#abandon(load);
      isHeld = false;
    };
    load.listeners.add(onProgress);
    if (load.progress !== undefined) onProgress(load.progress);
    try {
      return { model: await orAborted(load.model, signal), release };
    } catch (error) {
      release();
      throw error;
    } finally {
      load.listeners.delete(onProgress);
    }
  }

  #start(): Load {
    const controller = new AbortController();
    const listeners: Load["listeners"] = new Set();
    const model = this.#closed.then(async () => {
      // Pages whose browser has a translator need nothing of this.
      const { loadModel } = await import("../load-model.ts");
      return loadModel(this.#source, {
        ...this.#options,
        signal: controller.signal,
        onProgress: (progress) => {
          load.progress = progress;
          for (const listener of listeners) listener(progress);
        },
      });
    });
    const load: Load = { controller, model, listeners, users: 0, loaded: undefined, progress: undefined };
    model.then(
      (loaded) => {
        load.loaded = loaded;
      },
      () => this.#forget(load),
    );
    return load;
  }

  #abandon(load: Load): void {
    this.#forget(load);
    load.controller.abort();
    const disposed = load.model.then(
      (model) => model.dispose(),
      () => {},
    );
    this.#closed = Promise.allSettled([this.#closed, disposed]);
  }

  /** The next one who needs the model loads it anew. */
  #forget(load: Load): void {
    if (this.#load === load) this.#load = undefined;
  }
}

function isRemote(source: ModelSource): boolean {
  if (Array.isArray(source)) return source.some(isRemote);
  if (source instanceof Map) return [...source.values()].some(isRemote);
  if (typeof source !== "string" && !(source instanceof URL)) return false;
  return /^https?:$/.test(urlOfString(String(source))?.protocol ?? "");
}

/** A promise that one stops waiting for when a signal aborts. */
function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    if (signal.aborted) leave();
  });
}
