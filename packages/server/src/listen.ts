import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BayLingError } from "@bayling/core";
import { createAdaptorServer } from "@hono/node-server";
import { isLoopback } from "./access.ts";
import type { Server } from "./server.ts";

export interface ListenOptions {
  /** Default `127.0.0.1`. Another machine's reach needs a key, or {@link ListenOptions.open}. */
  readonly host?: string | undefined;
  /** Default 8080; 0 takes one that is free. */
  readonly port?: number | undefined;
  /** Let everybody in the network ask, without a key. Default false. */
  readonly open?: boolean | undefined;
  /** Connections at once; more are closed. Default 1024. */
  readonly maxConnections?: number | undefined;
  /** Until the head of a request is there. Default 10. */
  readonly headSeconds?: number | undefined;
  /** Until all of a request is there. Default 60. */
  readonly bodySeconds?: number | undefined;
}

export interface Listening {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /**
   * Stops the server: no new work, what runs is finished and delivered, then connections end. Once the signal fires, all
   * of it ends at once. May be called several times.
   */
  close(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** Of all headers together, in bytes: longer ones are answered with 431 by Node itself. */
const maxHeaderSize = 16_384;
const maxHeaders = 100;

/**
 * Gives a server a socket on this machine.
 * @throws BayLingError `argument-invalid` for a host that others reach without a key, and where nobody can listen
 */
export async function listen(server: Server, options: ListenOptions = {}): Promise<Listening> {
  const { host = "127.0.0.1", port = 8080, open = false } = options;
  if (!isLoopback(host) && !server.guarded && !open) {
    throw new BayLingError("argument-invalid", {
      field: "host",
      problem: "others in the network would reach a server that asks for no key",
      expected: "127.0.0.1, or apiKeys",
      received: host,
      remedy: "Set a key, or say that the server is to be open",
    });
  }
  const http = createAdaptorServer({
    fetch: (request, bindings) => server.fetch(request, bindings),
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize,
      headersTimeout: 1000 * (options.headSeconds ?? 10),
      requestTimeout: 1000 * (options.bodySeconds ?? 60),
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 5000,
    },
  }) as HttpServer;
  // Node ends a connection whose client ended its sending (`httpAllowHalfOpen`, false), though some still read. A client
  // that went away sends the very same FIN: only a write would tell, and before the first token nothing is written.
  http.maxHeadersCount = maxHeaders;
  http.maxConnections = options.maxConnections ?? 1024;
  await new Promise<void>((resolve, reject) => {
    http.once("error", (cause) => reject(cannotListen(host, port, cause)));
    http.listen(port, host, () => {
      http.removeAllListeners("error");
      resolve();
    });
  });
  const { port: bound } = http.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    host,
    port: bound,
    close({ signal } = {}) {
      closing ??= close(http, server);
      const end = () => {
        void server.stop({ signal: AbortSignal.abort() });
        http.closeAllConnections();
      };
      if (signal?.aborted) end();
      signal?.addEventListener("abort", end, { once: true });
      return closing;
    },
  };
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): BayLingError {
  const isTaken = cause.code === "EADDRINUSE";
  return new BayLingError("argument-invalid", {
    field: isTaken ? "port" : "host",
    problem: isTaken ? "another program listens there" : `the system does not let anybody listen there (${cause.code})`,
    received: `${host}, port ${port}`,
    remedy: isTaken ? "Choose another port, or 0 for one that is free" : "Choose another address or port",
    cause,
  });
}

async function close(http: HttpServer, server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  await server.stop();
  // Connections that wait for nothing would keep the server open.
  http.closeIdleConnections();
  await closed;
}
