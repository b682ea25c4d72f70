import { BayLingError } from "../errors.ts";
import { blobSource } from "./blob-source.ts";
import type { ByteSource, ReadOptions } from "./byte-source.ts";
import { allocate, checkRange } from "./check-range.ts";

/** The opening request already fetches this much: a small header needs no second one. */
const openingBytes = 256 * 1024;

export interface HttpSourceOptions extends ReadOptions {
  /** Milliseconds to wait before each further attempt of a request that failed for a passing reason. */
  readonly retryDelays?: readonly number[] | undefined;
  /** What is taken of a body that does not say how long it is. Default 1 GiB. */
  readonly mostUndeclaredBytes?: number | undefined;
}

/**
 * Opens a resource by HTTP Range requests. A server that ignores ranges sends everything at once: that body is then
 * kept in memory, whole, and read from there.
 *
 * Lost connections, 408, 429 and 5xx are tried again after a pause, from the byte where the last attempt ended. A
 * resource whose entity tag, date or length changes between requests is refused with `source-changed`.
 * @throws BayLingError `source-not-found` (404, 410), `source-unreadable` (any other status, network failure)
 */
export async function openHttpSource(url: URL, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const { signal, retryDelays = [250, 1000, 3000], mostUndeclaredBytes = 1024 ** 3 } = options;
  const connection = new HttpConnection(url, retryDelays, mostUndeclaredBytes);
  return connection.withRetries(signal, () => connection.open(signal));
}

/** A failure that may pass when asked again. */
class TransientFailure {
  readonly error: BayLingError;
  /** What the server's `Retry-After` asks for, in milliseconds. */
  readonly pause: number;

  constructor(error: BayLingError, pause = 0) {
    this.error = error;
    this.pause = pause;
  }
}

class HttpConnection {
  readonly #url: URL;
  /** Without credentials and query: signed URLs carry secrets there, and error messages end up in logs. */
  readonly #name: string;
  readonly #retryDelays: readonly number[];
  readonly #mostUndeclaredBytes: number;

  constructor(url: URL, retryDelays: readonly number[], mostUndeclaredBytes: number) {
    this.#mostUndeclaredBytes = mostUndeclaredBytes;
    this.#url = url;
    this.#name = `${url.origin}${url.pathname}`;
    this.#retryDelays = retryDelays;
  }

  async withRetries<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    for (let count = 0; ; count++) {
      signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (failure) {
        signal?.throwIfAborted();
        if (!(failure instanceof TransientFailure)) throw failure;
        const delay = this.#retryDelays[count];
        if (delay === undefined) throw failure.error;
        await pause(Math.max(delay, failure.pause), signal);
      }
    }
  }

  async open(signal: AbortSignal | undefined): Promise<ByteSource> {
    const response = await this.#request({ Range: `bytes=0-${openingBytes - 1}` }, signal);
    if (response.status === 416) {
      await discard(response);
      return blobSource(new Blob([]), this.#name); // The answer of a server to any range of an empty file.
    }
    if (response.status !== 206) return blobSource(await this.#wholeBody(response), this.#name);

    const range = contentRange(response);
    // A server of another origin may hide Content-Range from a page (CORS), but not the length of the whole.
    const size = range?.total ?? (await this.#sizeByHead(signal));
    const expected = Math.min(openingBytes, size);
    if (range !== undefined && (range.first !== 0 || range.last + 1 !== expected)) {
      await discard(response);
      throw this.#wrongRange(`bytes 0-${expected - 1}`, range);
    }
    const head = new Uint8Array(expected);
    const received = await this.#fill(response, head, 0);
    if (received < expected) throw this.#cutShort(expected, received);
    const validator = validatorOf(response);
    const tag = response.headers.get("etag");
    let disposed = false;
    return {
      name: this.#name,
      size,
      // Only a strong tag, one that begins with its quote, promises equal bytes (RFC 9110, section 8.8.1).
      contentKey: tag?.startsWith('"') ? this.#url.href + tag + size : undefined,
      read: async (offset, length, { signal: readSignal } = {}) => {
        readSignal?.throwIfAborted();
        if (disposed) throw new BayLingError("disposed", { source: this.#name, problem: "the source was disposed" });
        checkRange({ name: this.#name, size }, offset, length);
        if (offset + length <= head.length) return head.slice(offset, offset + length);
        return this.#readRange(offset, length, { size, validator, rangeVisible: range !== undefined }, readSignal);
      },
      dispose: async () => {
        disposed = true;
      },
    };
  }

  async #readRange(
    offset: number,
    length: number,
    opened: { readonly size: number; readonly validator: Validator; readonly rangeVisible: boolean },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = allocate(this.#name, length);
    let filled = 0;
    await this.withRetries(signal, async () => {
      const first = offset + filled;
      const last = offset + length - 1;
      const response = await this.#request({ Range: `bytes=${first}-${last}` }, signal);
      const range = contentRange(response);
      const change = this.#change(response, range, opened);
      if (change !== undefined || response.status !== 206) {
        await discard(response);
        throw change ?? this.#wrongRange(`bytes ${first}-${last}`, range, response.status);
      }
      const wrong = range === undefined ? opened.rangeVisible : range.first !== first || range.last !== last;
      if (wrong) {
        await discard(response);
        throw this.#wrongRange(`bytes ${first}-${last}`, range);
      }
      // Counted before a cut connection throws, so that the next attempt goes on from there.
      await this.#fill(response, bytes, filled, (count) => {
        filled = count;
      });
      if (filled < length) throw this.#cutShort(length, filled);
    });
    return bytes;
  }

  async #request(headers: Record<string, string>, signal: AbortSignal | undefined, method = "GET"): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#url, { method, headers, signal: signal ?? null });
    } catch (error) {
      const reason = reasonOf(error);
      throw new TransientFailure(
        this.#failed(`the server cannot be reached${reason && ` (${reason})`}`, undefined, error),
      );
    }
    if (response.ok || response.status === 416) return response;
    await discard(response);
    const status = `status ${response.status} ${response.statusText}`.trimEnd();
    if (response.status === 404 || response.status === 410) {
      throw new BayLingError("source-not-found", {
        source: this.#name,
        problem: "there is nothing at this URL",
        received: status,
        remedy: "Check the URL",
      });
    }
    const error = this.#failed("the server refused", status);
    if ([408, 425, 429, 500, 502, 503, 504].includes(response.status)) {
      throw new TransientFailure(error, retryAfter(response));
    }
    throw error;
  }

  /** Copies a body into `bytes` from `filled` on and returns how far it got. Never writes past the end. */
  async #fill(
    response: Response,
    bytes: Uint8Array,
    filled: number,
    progress?: (filled: number) => void,
  ): Promise<number> {
    const reader = response.body?.getReader();
    if (reader === undefined) return filled;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return filled;
        if (value.length > bytes.length - filled) {
          throw this.#failed("the server sent more than was asked for", `more than ${bytes.length} bytes`);
        }
        bytes.set(value, filled);
        filled += value.length;
        progress?.(filled);
      }
    } catch (error) {
      if (BayLingError.isInstance(error)) throw error;
      throw new TransientFailure(this.#failed("the connection broke", `${filled} of ${bytes.length} bytes`, error));
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  async #wholeBody(response: Response): Promise<Blob> {
    const encoded = response.headers.get("content-encoding") !== null;
    const declared = encoded ? Number.NaN : Number(response.headers.get("content-length") ?? Number.NaN);
    const known = Number.isSafeInteger(declared);
    let body: Blob;
    try {
      body = known ? await response.blob() : await this.#boundedBody(response);
    } catch (error) {
      if (BayLingError.isInstance(error)) throw error;
      throw new TransientFailure(this.#failed("the connection broke", undefined, error));
    }
    if (known && body.size !== declared) throw this.#cutShort(declared, body.size);
    return body;
  }

  /** A body of unknown length may have no end, and a small compressed one a huge content. */
  async #boundedBody(response: Response): Promise<Blob> {
    const reader = response.body?.getReader();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    try {
      for (;;) {
        const { done = true, value } = (await reader?.read()) ?? {};
        if (done || value === undefined) return new Blob(pieces);
        length += value.length;
        if (length > this.#mostUndeclaredBytes) {
          throw this.#failed("the server sends without end, and does not say how much", `more than ${length} bytes`);
        }
        pieces.push(value);
      }
    } finally {
      await reader?.cancel().catch(() => {});
    }
  }

  async #sizeByHead(signal: AbortSignal | undefined): Promise<number> {
    const response = await this.#request({}, signal, "HEAD");
    const length = response.headers.get("content-length");
    if (length !== null && /^\d+$/.test(length) && Number.isSafeInteger(Number(length))) return Number(length);
    throw new BayLingError("source-not-supported", {
      source: this.#name,
      field: "Content-Range",
      problem: "the server does not say how long the file is",
      remedy: "Let the server send Access-Control-Expose-Headers: Content-Range, ETag",
    });
  }

  #change(
    response: Response,
    range: ContentRange | undefined,
    opened: { readonly size: number; readonly validator: Validator },
  ): BayLingError | undefined {
    const now = validatorOf(response);
    const pairs: readonly (readonly [string, string | undefined, string | undefined])[] = [
      ["ETag", opened.validator.tag, now.tag],
      ["Last-Modified", opened.validator.date, now.date],
      ["length", String(opened.size), range?.total === undefined ? undefined : String(range.total)],
    ];
    for (const [field, before, after] of pairs) {
      if (before === undefined || after === undefined || before === after) continue;
      return new BayLingError("source-changed", {
        source: this.#name,
        field,
        problem: "the file on the server was replaced while it was read",
        expected: before,
        received: after,
        remedy: "Load it again",
      });
    }
    return undefined;
  }

  #wrongRange(expected: string, range: ContentRange | undefined, status = 206): BayLingError {
    return new BayLingError("source-unreadable", {
      source: this.#name,
      field: "Content-Range",
      problem: "the server did not send the range that was asked for",
      expected,
      received: status !== 206 ? `status ${status}` : range ? `bytes ${range.first}-${range.last}` : "no Content-Range",
    });
  }

  #cutShort(expected: number, received: number): TransientFailure {
    return new TransientFailure(
      new BayLingError("source-unreadable", {
        source: this.#name,
        problem: "the answer ended early",
        expected: `${expected} bytes`,
        received: `${received}`,
      }),
    );
  }

  #failed(problem: string, received?: string, cause?: unknown): BayLingError {
    return new BayLingError("source-unreadable", { source: this.#name, problem, received, cause });
  }
}

interface Validator {
  readonly tag: string | undefined;
  readonly date: string | undefined;
}

function validatorOf(response: Response): Validator {
  const tag = response.headers.get("etag")?.replace(/^W\//, "");
  // With an entity tag the date says nothing more, and mirrors behind one name may differ in it.
  return { tag, date: tag === undefined ? (response.headers.get("last-modified") ?? undefined) : undefined };
}

interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number | undefined;
}

function contentRange(response: Response): ContentRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(response.headers.get("content-range")?.trim() ?? "");
  if (match === null) return undefined;
  return { first: Number(match[1]), last: Number(match[2]), total: match[3] === "*" ? undefined : Number(match[3]) };
}

function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get("retry-after") ?? 0);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 10) * 1000 : 0;
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** What a failed `fetch` knows: Node hides it in the cause, browsers tell pages nothing. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return "";
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
