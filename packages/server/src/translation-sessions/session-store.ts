import type { TranslationSession } from "@bayling/core/interaction";
import type { ServedModel } from "../models.ts";
import { Problem } from "../problem.ts";

/** A translation session that a client keeps here. */
export interface KeptSession {
  /** Cannot be guessed. */
  readonly id: string;
  /** The client that made it. */
  readonly owner: string;
  readonly served: ServedModel;
  readonly session: TranslationSession;
  readonly created: Date;
  /** Sequences that a turn of it needs, its own decoding aside. */
  readonly beams: number;
  /** Fires when it is ended, with what to say to those who wait for it. */
  readonly gone: AbortSignal;
}

interface Entry extends KeptSession {
  readonly controller: AbortController;
  /** Milliseconds, of the store's clock. */
  lastUsed: number;
  /** What works on it: turns one by one, suggestions beside them. */
  turn: boolean;
  working: number;
}

type Ending = "deleted" | "expired" | "evicted";

export interface SessionStoreOptions {
  readonly most: number;
  /** Without being used. */
  readonly seconds: number;
  /** Milliseconds. Default: since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Ends that are remembered. */
const mostEnds = 10_000;

/**
 * Sessions, each its owner's: for others it is not there. There are at most so many, and one that is not used for a while
 * is given up; whoever asks for it later is told so.
 */
export class SessionStore {
  readonly #most: number;
  readonly #milliseconds: number;
  readonly #now: () => number;
  /** Those unused for longest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #ends = new Map<string, { readonly owner: string; readonly ending: Ending }>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ most, seconds, now = Date.now }: SessionStoreOptions) {
    this.#most = most;
    this.#milliseconds = seconds * 1000;
    this.#now = now;
    this.#timer = setInterval(() => this.#expire(), Math.max(1000, Math.min(this.#milliseconds / 2, 60_000)));
    this.#timer.unref();
  }

  /**
   * Where there are as many as there may be, that one goes which was not used for longest, of the owner who has most.
   * @throws Problem 429 when all are at work
   */
  add(made: Omit<KeptSession, "id" | "created" | "gone">): KeptSession {
    this.#expire();
    if (this.#entries.size >= this.#most) this.#evict();
    const id = crypto.randomUUID();
    const controller = new AbortController();
    const state = { controller, lastUsed: this.#now(), turn: false, working: 0 };
    const entry: Entry = { ...made, ...state, id, created: new Date(), gone: controller.signal };
    this.#entries.set(id, entry);
    return entry;
  }

  list(owner: string): readonly KeptSession[] {
    this.#expire();
    return [...this.#entries.values()].filter((entry) => entry.owner === owner);
  }

  /** @throws Problem 404, or 410 for one that was there */
  get(owner: string, id: string): KeptSession {
    return this.#touch(owner, id);
  }

  /** When a session is given up, if nobody uses it. */
  expires({ id }: KeptSession): Date {
    return new Date((this.#entries.get(id)?.lastUsed ?? this.#now()) + this.#milliseconds);
  }

  /**
   * Marks work on a session, which is then neither given up nor, but by its owner, ended.
   * @param kind a `turn` has the session for itself; a `suggestion` may run beside it
   * @returns to be called when it is done
   * @throws Problem as {@link get}; 409 for a turn while another one runs
   */
  begin(owner: string, id: string, kind: "turn" | "suggestion"): () => void {
    const entry = this.#touch(owner, id);
    if (kind === "turn") {
      if (entry.turn) throw busy();
      entry.turn = true;
    }
    entry.working++;
    return () => {
      entry.working--;
      if (kind === "turn") entry.turn = false;
      entry.lastUsed = this.#now();
    };
  }

  /** For what takes no time, such as undo. @throws Problem as {@link begin} */
  whileIdle<Result>(owner: string, id: string, action: (kept: KeptSession) => Result): Result {
    const end = this.begin(owner, id, "turn");
    try {
      return action(this.#entries.get(id)!);
    } finally {
      end();
    }
  }

  /** What runs on it ends. @throws Problem as {@link get} */
  delete(owner: string, id: string): void {
    this.#end(this.#touch(owner, id), "deleted");
  }

  /** Takes back what came to nothing. May be called for one that is gone. */
  discard(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#end(entry, "deleted");
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const { session } of this.#entries.values()) session.dispose();
    this.#entries.clear();
  }

  #touch(owner: string, id: string): Entry {
    this.#expire();
    const entry = this.#entries.get(id);
    if (entry?.owner === owner) {
      entry.lastUsed = this.#now();
      this.#entries.delete(id);
      this.#entries.set(id, entry);
      return entry;
    }
    const end = this.#ends.get(id);
    if (end?.owner !== owner)
      throw new Problem({ status: 404, code: "session-not-found", message: "There is no such session." });
    throw gone(end.ending);
  }

  #expire(): void {
    const limit = this.#now() - this.#milliseconds;
    for (const entry of this.#entries.values())
      if (entry.working === 0 && entry.lastUsed < limit) this.#end(entry, "expired");
  }

  #evict(): void {
    const counts = new Map<string, number>();
    for (const { owner } of this.#entries.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    let unused: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.working > 0) continue;
      if (unused === undefined || counts.get(entry.owner)! > counts.get(unused.owner)!) unused = entry;
    }
    if (unused === undefined) {
      const message = "There are as many sessions as there may be, and all are at work. Ask again later.";
      throw new Problem({ status: 429, code: "sessions-full", message, retryAfter: 5 });
    }
    this.#end(unused, "evicted");
  }

  #end(entry: Entry, ending: Ending): void {
    entry.controller.abort(gone(ending));
    entry.session.dispose();
    this.#entries.delete(entry.id);
    this.#ends.set(entry.id, { owner: entry.owner, ending });
    if (this.#ends.size > mostEnds) this.#ends.delete(this.#ends.keys().next().value!);
  }
}

const reasons: Readonly<Record<Ending, string>> = {
  deleted: "it was deleted",
  expired: "nobody used it for too long",
  evicted: "others needed its room",
};

function gone(ending: Ending): Problem {
  return new Problem({ status: 410, code: `session-${ending}`, message: `The session is gone: ${reasons[ending]}.` });
}

function busy(): Problem {
  const message = "Another turn of the session runs. Ask again when it is done.";
  return new Problem({ status: 409, code: "session-busy", message });
}
