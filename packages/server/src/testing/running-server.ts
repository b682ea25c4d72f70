import type { LoadModelOptions } from "@bayling/core";
import { afterAll } from "vitest";
import { type Listening, listen } from "../listen.ts";
import type { RequestReport } from "../request-report.ts";
import { createServer, type Server, type ServerOptions } from "../server.ts";
import { loadTinyModel } from "./tiny-model.ts";

export interface RunningServer {
  readonly server: Server;
  readonly listening: Listening;
  readonly url: string;
  /** What was answered so far. */
  readonly reports: readonly RequestReport[];
  close(): Promise<void>;
}

/** A server of the tiny model, called `tiny`, on a port of its own; closed after the tests of the file. */
export async function runServer(
  options: Partial<ServerOptions> & { readonly load?: Partial<LoadModelOptions> } = {},
): Promise<RunningServer> {
  const model = await loadTinyModel(options.load);
  const reports: RequestReport[] = [];
  const server = await createServer({
    models: [{ model, id: "tiny" }],
    onRequest: (report) => reports.push(report),
    ...options,
  });
  const listening = await listen(server, { port: 0 });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= listening.close({ signal: AbortSignal.timeout(30_000) }).then(() => model.dispose());
    return closing;
  };
  afterAll(close);
  return { server, listening, url: listening.url, reports, close };
}

/** Waits until something holds; a test that waits in vain fails by its timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
