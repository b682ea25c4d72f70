import { createHash, timingSafeEqual } from "node:crypto";
import { BayLingError } from "@bayling/core";
import type { MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";
import type { RequestEnv } from "./routes.ts";

export interface AccessOptions {
  /** Whoever knows one of these may ask: `Authorization: Bearer …`. Default: everybody who reaches the server. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Pages of which origins may ask, such as `https://example.org`; `*` is all of them. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /**
   * Names that the server is asked by, without port; `*` is all of them. Without keys, a page of the web must not reach a
   * server of this machine by a name that it made point here. Default: `*` with keys, else `localhost` and its addresses.
   */
  readonly hosts?: readonly string[] | undefined;
}

/** What stands before the key in the header, for each who says it in its own way. */
const schemes = /^(?:Bearer|DeepL-Auth-Key)\s+(.+)$/i;

/** Who may ask, from where, and by which name. */
export class Access {
  /** Hashes, all of one length: comparing them tells nothing of the keys. */
  readonly #keys: readonly Buffer[];
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;

  /** @throws BayLingError `argument-invalid` */
  constructor({ apiKeys = [], corsOrigins = [], hosts }: AccessOptions) {
    for (const key of apiKeys) {
      if (typeof key !== "string" || !/^[\x21-\x7e]{8,}$/.test(key)) {
        throw invalid("apiKeys", "keys of at least 8 visible ASCII characters", "one that is not");
      }
    }
    for (const origin of corsOrigins) {
      if (origin !== "*" && !isOrigin(origin))
        throw invalid("corsOrigins", "origins such as https://example.org", origin);
    }
    this.#keys = apiKeys.map(hash);
    this.#origins = new Set(corsOrigins);
    this.#hosts = new Set(hosts?.map((host) => host.toLowerCase()) ?? (apiKeys.length > 0 ? ["*"] : loopbackNames));
  }

  /** Whether a key is asked for. */
  get guarded(): boolean {
    return this.#keys.length > 0;
  }

  /** Refuses by name and origin, and answers what browsers ask before they ask. Belongs before everything else. */
  origin(): MiddlewareHandler<RequestEnv> {
    return async (c, next) => {
      const { hostname, host } = new URL(c.req.url);
      if (!this.#hosts.has("*") && !this.#hosts.has(hostname)) {
        throw new Problem({ status: 403, code: "host-refused", message: "The server is not known by this name." });
      }
      const origin = c.req.header("origin");
      if (origin === undefined) return next();
      if (!this.#origins.has("*") && !this.#origins.has(origin) && !isSame(origin, host)) {
        throw new Problem({ status: 403, code: "origin-refused", message: "Pages of this origin may not ask here." });
      }
      // Never with credentials: keys come in a header that the page itself must know.
      c.header("Access-Control-Allow-Origin", this.#origins.has("*") ? "*" : origin);
      c.header("Vary", "Origin");
      c.header("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
      const isPreflight = c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
      if (!isPreflight) return next();
      c.header("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
      const wanted = c.req.header("access-control-request-headers");
      if (wanted !== undefined && /^[\w\-, ]{1,1000}$/.test(wanted)) c.header("Access-Control-Allow-Headers", wanted);
      c.header("Access-Control-Max-Age", "600");
      return c.body(null, 204);
    };
  }

  /**
   * Who asks: by the key that a header, or where a client has no other way a field of the request, holds; else by address.
   * @throws Problem 401
   */
  identify(header: string | undefined, address: string | undefined, field?: string): string {
    if (this.#keys.length === 0) return `address ${address ?? "unknown"}`;
    const key = header === undefined ? field : (schemes.exec(header)?.[1] ?? "");
    const given = hash(key ?? "");
    // All of them, also after one was found.
    const found = this.#keys.reduce((known, each, index) => (timingSafeEqual(each, given) ? index : known), -1);
    if (found >= 0) return `key ${found}`;
    throw new Problem({
      status: 401,
      code: key === undefined ? "key-missing" : "key-wrong",
      message: key === undefined ? "The request has no key: send Authorization: Bearer KEY." : "The key is not known.",
    });
  }
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** Whether a server that listens there is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Pages that came from this very server. */
function isSame(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}

function hash(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function invalid(field: string, expected: string, received: string): BayLingError {
  return new BayLingError("argument-invalid", {
    field,
    problem: "the argument has a value that it cannot have",
    expected,
    received,
  });
}
